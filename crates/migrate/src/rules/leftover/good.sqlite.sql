CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);
CREATE TABLE kept_by_dbwright (id INTEGER PRIMARY KEY, note);
