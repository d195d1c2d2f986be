-- migration
CREATE TABLE letters (id bigserial PRIMARY KEY);
