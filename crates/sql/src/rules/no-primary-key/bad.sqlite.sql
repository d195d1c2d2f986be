-- The same row can be stored twice.
CREATE TABLE visits (page text, visitor text DEFAULT '(a, b)', long text GENERATED ALWAYS AS (page || visitor) VIRTUAL);
INSERT INTO visits VALUES ('/', 'a'), ('/', 'a');
CREATE INDEX visits_page ON visits (page);
CREATE TRIGGER visits_log AFTER INSERT ON visits BEGIN SELECT 1; END;
-- A hostile name, and the name of the new column is taken.
CREATE TABLE "vis""its.of ✂ (may, june)" (ID text, "select" text) STRICT;
CREATE TABLE "vis""its.of ✂ (may, june)_new" (a integer PRIMARY KEY);
-- A view names it.
CREATE TABLE pages (path text);
CREATE VIEW paths AS SELECT path FROM pages;
-- Its key names no row as long as it may be null twice.
CREATE TABLE tags (name text UNIQUE);
CREATE TABLE tagged (id integer PRIMARY KEY, tag text REFERENCES tags (name));
CREATE INDEX tagged_tag ON tagged (tag);
