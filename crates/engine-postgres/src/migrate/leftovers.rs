//! What changes leave behind, by the names that dbwright gives: asked by `check` and by `migrate verify`.

/// Kind, path and the statement that removes it, for everything that dbwright names; a whole helper schema counts once.
pub(crate) const HELPERS: &str = r"
WITH helper(oid) AS (SELECT oid FROM pg_namespace WHERE nspname ~ '^dbwright_[0-9a-f]+_(new|old)$'),
own(oid, schema) AS (SELECT oid, nspname FROM pg_namespace
  WHERE nspname !~ '^(pg_|dbwright$)' AND nspname <> 'information_schema' AND oid NOT IN (SELECT oid FROM helper))
SELECT /* dbwright */ 'schema', quote_ident(n.nspname), format('DROP SCHEMA IF EXISTS %I CASCADE', n.nspname)
FROM pg_namespace n JOIN helper USING (oid)
UNION ALL
SELECT CASE c.relkind WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'table' END,
       format('%I.%I', o.schema, c.relname),
       format('DROP %s IF EXISTS %I.%I', CASE c.relkind WHEN 'i' THEN 'INDEX' WHEN 'I' THEN 'INDEX' WHEN 'v' THEN 'VIEW'
              WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, o.schema, c.relname)
FROM pg_class c JOIN own o ON o.oid = c.relnamespace
WHERE c.relname ~ '^dbwright_[0-9a-f]{10}' AND c.relkind IN ('r', 'p', 'v', 'S', 'i', 'I')
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.conname = c.relname)
UNION ALL
SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'table' END, format('dbwright.%I', c.relname),
       format('DROP %s IF EXISTS dbwright.%I', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'dbwright' AND c.relkind IN ('r', 'p', 'v', 'S') AND c.relname NOT IN ('migrations', 'steps', 'inserted')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i'))
UNION ALL
SELECT 'function', format('dbwright.%I', p.proname), format('DROP FUNCTION IF EXISTS %s', p.oid::regprocedure)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'dbwright'
  AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgfoid = p.oid)
UNION ALL
SELECT 'column', format('%I.%I.%I', o.schema, c.relname, a.attname),
       format('ALTER TABLE %I.%I DROP COLUMN IF EXISTS %I', o.schema, c.relname, a.attname)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN own o ON o.oid = c.relnamespace
WHERE a.attname ~ '^dbwright_[0-9a-f]{10}' AND a.attnum > 0 AND NOT a.attisdropped AND a.attinhcount = 0 AND c.relkind IN ('r', 'p')
UNION ALL
SELECT 'trigger', format('%I.%I.%I', o.schema, c.relname, t.tgname),
       format('DROP TRIGGER IF EXISTS %I ON %I.%I', t.tgname, o.schema, c.relname)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN own o ON o.oid = c.relnamespace
WHERE t.tgname ~ '^(zzz_)?dbwright_[0-9a-f]{10}' AND NOT t.tgisinternal
UNION ALL
SELECT 'constraint', format('%I.%I.%I', o.schema, c.relname, k.conname),
       format('ALTER TABLE %I.%I DROP CONSTRAINT IF EXISTS %I', o.schema, c.relname, k.conname)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN own o ON o.oid = c.relnamespace
WHERE k.conname ~ '^dbwright_[0-9a-f]{10}' AND k.coninhcount = 0
ORDER BY 1 DESC, 2";
