-- migration
CREATE TABLE stays (id bigint PRIMARY KEY, during tstzrange, EXCLUDE USING gist (during WITH &&));
