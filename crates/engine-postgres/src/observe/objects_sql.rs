//! The queries that print definitions as statements: kind, qualified name, statement.

/// The database's locale; names of columns changed over the versions.
pub(super) const LOCALE: &str = "\
SELECT /* dbwright */ pg_encoding_to_char(d.encoding), coalesce(to_jsonb(d) ->> 'datlocprovider', 'c'), d.datcollate::text, d.datctype::text,
       coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'), to_jsonb(d) ->> 'daticurules'
FROM pg_database d WHERE d.datname = current_database()";

pub(super) const COLLATIONS: &str = "\
SELECT /* dbwright */ 'collation', x.name, format('CREATE COLLATION %s (PROVIDER = %s%s%s%s)', x.name,
         CASE l.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
         CASE WHEN l.collprovider = 'c' THEN format(', LC_COLLATE = %L, LC_CTYPE = %L', l.collcollate, l.collctype)
              ELSE format(', LOCALE = %L', coalesce(j.j ->> 'colllocale', j.j ->> 'colliculocale', l.collcollate::text)) END,
         CASE WHEN NOT l.collisdeterministic THEN ', DETERMINISTIC = false' END,
         ', RULES = ' || quote_literal(nullif(j.j ->> 'collicurules', '')))
FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
CROSS JOIN LATERAL (SELECT to_jsonb(l) j) j
CROSS JOIN LATERAL (SELECT quote_ident(n.nspname) || '.' || quote_ident(l.collname) AS name) x
WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_collation'::regclass AND d.objid = l.oid AND d.deptype = 'e')
ORDER BY 2";

/// Composite types of tables come with their tables.
pub(super) const TYPES: &str = "\
SELECT /* dbwright */ 'type', x.name, CASE t.typtype
    WHEN 'e' THEN format('CREATE TYPE %s AS ENUM (%s)', x.name,
        (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
    WHEN 'c' THEN format('CREATE TYPE %s AS (%s)', x.name,
        (SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
         FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
    WHEN 'r' THEN (SELECT format('CREATE TYPE %s AS RANGE (SUBTYPE = %s, SUBTYPE_OPCLASS = %s%s%s)', x.name, format_type(r.rngsubtype, NULL),
           (SELECT quote_ident(m.nspname) || '.' || quote_ident(o.opcname) FROM pg_opclass o JOIN pg_namespace m ON m.oid = o.opcnamespace
            WHERE o.oid = r.rngsubopc),
           (SELECT ', COLLATION = ' || quote_ident(m.nspname) || '.' || quote_ident(l.collname)
            FROM pg_collation l JOIN pg_namespace m ON m.oid = l.collnamespace WHERE l.oid = r.rngcollation),
           CASE WHEN r.rngsubdiff::oid <> 0 THEN ', SUBTYPE_DIFF = ' || r.rngsubdiff::text END) FROM pg_range r WHERE r.rngtypid = t.oid)
    ELSE concat_ws(' ', format('CREATE DOMAIN %s AS %s', x.name, format_type(t.typbasetype, t.typtypmod)),
        (SELECT 'COLLATE ' || quote_ident(m.nspname) || '.' || quote_ident(l.collname)
         FROM pg_collation l JOIN pg_namespace m ON m.oid = l.collnamespace JOIN pg_type b ON b.oid = t.typbasetype
         WHERE l.oid = t.typcollation AND t.typcollation <> b.typcollation),
        'DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN 'NOT NULL' END,
        (SELECT string_agg('CONSTRAINT ' || quote_ident(o.conname) || ' ' || pg_get_constraintdef(o.oid), ' ' ORDER BY o.conname)
         FROM pg_constraint o WHERE o.contypid = t.oid AND o.contype = 'c' AND o.convalidated))
  END
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_class c ON c.oid = t.typrelid
CROSS JOIN LATERAL (SELECT quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS name) x
WHERE (t.typtype IN ('e', 'r', 'd') OR t.typtype = 'c' AND c.relkind = 'c')
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY array_position(ARRAY['e', 'c', 'r', 'd'], t.typtype::text), t.oid";

/// What a volatile function does makes no difference to a plan, so its body stays where it is.
pub(super) const FUNCTIONS: &str = "\
SELECT /* dbwright */ 'function', p.oid::regprocedure::text,
       CASE WHEN p.provolatile = 'v' AND l.lanname NOT IN ('sql', 'c', 'internal') AND p.prosrc <> ''
            THEN replace(pg_get_functiondef(p.oid), p.prosrc, ' ') ELSE pg_get_functiondef(p.oid) END
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
WHERE p.prokind IN ('f', 'p', 'w') AND NOT %parsed%
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
ORDER BY p.oid";

/// Printing a parsed body opens the tables in it, so these are read apart.
pub(super) const PARSED_FUNCTIONS: &str = "\
SELECT /* dbwright */ 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prokind IN ('f', 'p', 'w') AND p.prosqlbody IS NOT NULL
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
ORDER BY p.oid";

pub(super) const AGGREGATES: &str = "\
SELECT /* dbwright */ 'aggregate', p.oid::regprocedure::text,
       format('CREATE AGGREGATE %s.%s(%s) (%s)', quote_ident(n.nspname), quote_ident(p.proname),
         CASE WHEN p.pronargs = 0 THEN '*' ELSE pg_get_function_arguments(p.oid) END,
         concat_ws(', ', 'SFUNC = ' || a.aggtransfn::text, 'STYPE = ' || format_type(a.aggtranstype, NULL),
           'SSPACE = ' || nullif(a.aggtransspace, 0), 'FINALFUNC = ' || nullif(a.aggfinalfn::oid, 0)::regproc::text,
           CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END, 'COMBINEFUNC = ' || nullif(a.aggcombinefn::oid, 0)::regproc::text,
           'SERIALFUNC = ' || nullif(a.aggserialfn::oid, 0)::regproc::text, 'DESERIALFUNC = ' || nullif(a.aggdeserialfn::oid, 0)::regproc::text,
           'INITCOND = ' || quote_literal(a.agginitval), 'PARALLEL = ' || CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END,
           'SORTOP = ' || (SELECT 'OPERATOR(' || quote_ident(m.nspname) || '.' || o.oprname || ')' FROM pg_operator o
                           JOIN pg_namespace m ON m.oid = o.oprnamespace WHERE o.oid = a.aggsortop)))
FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE a.aggkind = 'n' AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY p.oid";

pub(super) const OPERATORS: &str = "\
SELECT /* dbwright */ 'operator', o.oid::regoperator::text,
       format('CREATE OPERATOR %s.%s (%s)', quote_ident(n.nspname), o.oprname,
         concat_ws(', ', 'FUNCTION = ' || o.oprcode::text, 'LEFTARG = ' || format_type(nullif(o.oprleft, 0), NULL),
           'RIGHTARG = ' || format_type(nullif(o.oprright, 0), NULL),
           'COMMUTATOR = ' || (SELECT 'OPERATOR(' || quote_ident(m.nspname) || '.' || c.oprname || ')' FROM pg_operator c
                               JOIN pg_namespace m ON m.oid = c.oprnamespace WHERE c.oid = o.oprcom),
           'NEGATOR = ' || (SELECT 'OPERATOR(' || quote_ident(m.nspname) || '.' || c.oprname || ')' FROM pg_operator c
                            JOIN pg_namespace m ON m.oid = c.oprnamespace WHERE c.oid = o.oprnegate),
           'RESTRICT = ' || nullif(o.oprrest::oid, 0)::regproc::text, 'JOIN = ' || nullif(o.oprjoin::oid, 0)::regproc::text,
           CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END))
FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
WHERE o.oprcode <> 0 AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_operator'::regclass AND d.objid = o.oid AND d.deptype = 'e')
UNION ALL
SELECT 'cast', format('%s AS %s', s.source, s.target), format('CREATE CAST (%s AS %s) %s%s', s.source, s.target,
         CASE c.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || c.castfunc::regprocedure::text WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END,
         CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' END)
FROM pg_cast c CROSS JOIN LATERAL (SELECT format_type(c.castsource, NULL) AS source, format_type(c.casttarget, NULL) AS target) s
WHERE c.oid >= 16384
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype IN ('e', 'i'))";

/// User mappings hold passwords and are not read.
pub(super) const FOREIGN: &str = "\
SELECT /* dbwright */ 'foreign server', s.srvname::text, format('CREATE SERVER %I FOREIGN DATA WRAPPER %I%s', s.srvname, w.fdwname,
         ' OPTIONS (' || (SELECT string_agg(quote_ident(split_part(o, '=', 1)) || ' ' || quote_literal(substr(o, strpos(o, '=') + 1)), ', ')
                          FROM unnest(s.srvoptions) o WHERE split_part(o, '=', 1) NOT LIKE '%pass%') || ')')
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
ORDER BY 2";

/// Rules of views other than the view itself, policies, and what stands in for a view that is written to.
pub(super) const AFTER: &str = "\
SELECT /* dbwright */ 'rule', r.schemaname || '.' || r.tablename || '.' || r.rulename, r.definition
FROM pg_rules r WHERE r.schemaname <> 'information_schema' AND r.schemaname NOT LIKE 'pg\\_%'
UNION ALL
SELECT 'policy', format('%I.%I.%I', p.schemaname, p.tablename, p.policyname),
       format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s', p.policyname, p.schemaname, p.tablename, p.permissive, p.cmd,
              (SELECT string_agg(CASE WHEN r = 'public' THEN 'PUBLIC' ELSE quote_ident(r) END, ', ') FROM unnest(p.roles) r))
       || coalesce(' USING (' || p.qual || ')', '') || coalesce(' WITH CHECK (' || p.with_check || ')', '')
FROM pg_policies p";

pub(super) const COLUMNS: &str = "\
SELECT /* dbwright */ a.attrelid::int8, a.attnum::int4,
       CASE WHEN a.attcollation <> t.typcollation THEN (SELECT quote_ident(m.nspname) || '.' || quote_ident(l.collname)
            FROM pg_collation l JOIN pg_namespace m ON m.oid = l.collnamespace WHERE l.oid = a.attcollation) END,
       a.attnotnull
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
  AND (a.attcollation <> t.typcollation OR t.typnotnull AND NOT a.attnotnull)
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY 1, 2";

/// `pg_get_expr(…, 0)` opens nothing.
pub(super) const RELATIONS: &str = "\
SELECT /* dbwright */ c.oid::int8, CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, 0) END,
       CASE WHEN c.relkind = 'v' THEN c.reloptions END,
       (SELECT format('SERVER %I', s.srvname) || coalesce(' OPTIONS (' ||
          (SELECT string_agg(quote_ident(split_part(o, '=', 1)) || ' ' || quote_literal(substr(o, strpos(o, '=') + 1)), ', ')
           FROM unnest(f.ftoptions) o) || ')', '')
        FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid),
       CASE WHEN c.relkind = 'f' THEN c.relpages::int8 END, CASE WHEN c.relkind = 'f' THEN c.reltuples::float8 END,
       c.relrowsecurity, c.relforcerowsecurity,
       (SELECT t.spcname::text FROM pg_tablespace t WHERE t.oid = c.reltablespace AND t.spcoptions IS NOT NULL)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND (c.relispartition OR c.relkind = 'v' AND c.reloptions IS NOT NULL OR c.relkind = 'f' OR c.relrowsecurity OR c.reltablespace <> 0)
ORDER BY c.oid";

pub(super) const TABLESPACES: &str = "\
SELECT /* dbwright */ t.spcname::text, t.spcoptions,
       t.oid = (SELECT d.dattablespace FROM pg_database d WHERE d.datname = current_database()),
       ARRAY(SELECT c.oid::int8 FROM pg_class c WHERE c.reltablespace = t.oid AND c.relkind IN ('i', 'I'))
FROM pg_tablespace t WHERE t.spcoptions IS NOT NULL ORDER BY 1";

/// The first 80 bytes behind the page header. The file may be older than the buffer by one checkpoint, which figures of
/// this kind survive.
pub(super) const METAPAGES: &str = "\
SELECT /* dbwright */ c.oid::int8, m.amname, pg_read_binary_file(pg_relation_filepath(c.oid), 24, 80, true)
FROM pg_class c JOIN pg_am m ON m.oid = c.relam JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'i' AND m.amname IN ('btree', 'gin') AND c.relpersistence <> 't' AND c.relpages > 1
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'";
