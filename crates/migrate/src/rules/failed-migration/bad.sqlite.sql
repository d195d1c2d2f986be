CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);
CREATE TABLE dbwright_migrations (
  version TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, state TEXT NOT NULL,
  started_at TEXT, applied_at TEXT, execution_time_ms INTEGER NOT NULL DEFAULT 0,
  rolled_back INTEGER NOT NULL DEFAULT 0, rolled_back_at TEXT,
  up TEXT NOT NULL, down TEXT, planned TEXT NOT NULL DEFAULT '[]', begun INTEGER NOT NULL);
CREATE TABLE dbwright_steps (
  version TEXT NOT NULL, part TEXT NOT NULL, statement INTEGER NOT NULL, step INTEGER NOT NULL,
  state TEXT NOT NULL, position TEXT, plan TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, error TEXT,
  started_at TEXT, finished_at TEXT, PRIMARY KEY (version, part, statement, step));
INSERT INTO dbwright_migrations (version, name, checksum, state, up, begun) VALUES ('20261101', 'first', 'x', 'applied', '[]', 1), ('20261102', 'totals', 'y', 'running', '[]', 2);
INSERT INTO dbwright_steps (version, part, statement, step, state, plan, error) VALUES
  ('20261102', 'up', 0, 0, 'done', '{}', NULL), ('20261102', 'up', 1, 0, 'running', '{}', 'NOT NULL constraint failed: orders.total');
