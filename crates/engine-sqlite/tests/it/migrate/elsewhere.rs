//! Migrations as other tools write them, whole: a rebuild by hand ends as in SQLite's own shell, is undone, and leaves no
//! row that refers to nothing.

use rusqlite::Connection;

use super::{apply, contents, contract, file, undo};

/// Tables that refer to each other and to themselves, something that looks at them, and a search index.
const BLOG: &str = "
    CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, boss INTEGER REFERENCES users (id));
    CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, title TEXT);
    CREATE VIRTUAL TABLE found USING fts5(title, content='posts', content_rowid='id');
    CREATE TRIGGER told AFTER INSERT ON posts BEGIN INSERT INTO found (rowid, title) VALUES (new.id, new.title); END;
    CREATE TABLE \"Odd\" (\"select\" INTEGER, other TEXT);
    INSERT INTO users VALUES (1, 'a@b', NULL), (2, 'b@b', 1), (3, 'c@b', 2);
    INSERT INTO posts VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three');
    INSERT INTO \"Odd\" VALUES (1, 'x'), (2, 'y');";

/// What Prisma writes for a column that becomes NOT NULL.
const REDEFINED: &str = "-- RedefineTables
    PRAGMA defer_foreign_keys=ON;
    PRAGMA foreign_keys=OFF;
    CREATE TABLE \"new_users\" (\"id\" INTEGER NOT NULL PRIMARY KEY, \"email\" TEXT NOT NULL, \"boss\" INTEGER,
        CONSTRAINT \"boss_fkey\" FOREIGN KEY (\"boss\") REFERENCES \"users\" (\"id\") ON DELETE SET NULL ON UPDATE CASCADE);
    INSERT INTO \"new_users\" (\"boss\", \"email\", \"id\") SELECT \"boss\", \"email\", \"id\" FROM \"users\";
    DROP TABLE \"users\";
    ALTER TABLE \"new_users\" RENAME TO \"users\";
    CREATE UNIQUE INDEX \"users_email_key\" ON \"users\"(\"email\");
    PRAGMA foreign_keys=ON;
    PRAGMA defer_foreign_keys=OFF;";

fn check(setup: &str, migration: &str, plainly: &str) {
    let database = file(setup);
    let before = contents(&database.path);
    apply(&database.path, migration).unwrap_or_else(|e| panic!("{e} {:?}\n{migration}", e.hints));
    let expected = contents(&file(&format!("{setup}; {plainly}")).path);
    let visible = |all: Vec<String>| all.into_iter().filter(|line| !line.contains("dbwright_")).collect::<Vec<_>>();
    assert_eq!(visible(contents(&database.path)), expected, "{migration}");
    let db = Connection::open(&database.path).expect("it opens");
    let orphans = "SELECT count(*) FROM pragma_foreign_key_check WHERE \"table\" NOT GLOB 'dbwright_*'";
    assert_eq!(db.query_row(orphans, [], |row| row.get::<_, i64>(0)).expect("a check"), 0, "{migration}");
    drop(db);
    undo(&database.path).unwrap_or_else(|e| panic!("{e} {:?}\nundo of {migration}", e.hints));
    assert_eq!(contents(&database.path), before, "undo of {migration}");
    apply(&database.path, migration).unwrap_or_else(|e| panic!("{e} {:?}\nagain: {migration}", e.hints));
    contract(&database.path).unwrap_or_else(|e| panic!("{e}\ncontract of {migration}"));
    assert_eq!(contents(&database.path), expected, "contract of {migration}");
}

#[test]
fn a_table_that_others_refer_to_is_redefined() {
    // Without a table that refers to itself nothing of it is lost on the way.
    let others = BLOG.replace(", boss INTEGER REFERENCES users (id)", ", boss INTEGER");
    let migration = REDEFINED.replace(
        ",\n        CONSTRAINT \"boss_fkey\" FOREIGN KEY (\"boss\") REFERENCES \"users\" (\"id\") ON DELETE SET NULL ON UPDATE CASCADE",
        "",
    );
    check(&others, &migration, &migration);
}

#[test]
fn a_table_that_refers_to_itself_is_redefined() {
    let database = file(BLOG);
    apply(&database.path, REDEFINED).unwrap_or_else(|e| panic!("{e} {:?}", e.hints));
    let expected = file(&format!("{BLOG}; {REDEFINED}"));
    assert_eq!(contents(&database.path), contents(&expected.path));
}

#[test]
fn rows_that_the_new_table_lacks_are_noticed_when_it_takes_the_name() {
    let database = file(BLOG);
    let fewer = REDEFINED.replace("FROM \"users\";", "FROM \"users\" WHERE id < 3;");
    let failure = apply(&database.path, &fewer).expect_err("a post without its author");
    assert_eq!(failure.code, "migrate.refused");
    assert!(failure.message.contains("posts would refer to rows that are not there"), "{failure}");
}

#[test]
fn foreign_keys_are_not_switched_off_inside_a_transaction() {
    let within = "BEGIN; PRAGMA foreign_keys = OFF; DELETE FROM users WHERE id = 3; COMMIT";
    let database = file(BLOG);
    apply(&database.path, within).unwrap_or_else(|e| panic!("{e} {:?}", e.hints));
    assert_eq!(contents(&database.path), contents(&file(&format!("{BLOG}; {within}")).path));
    let before = "PRAGMA foreign_keys = OFF; BEGIN; DELETE FROM users WHERE id = 3; COMMIT";
    let database = file(BLOG);
    apply(&database.path, before).unwrap_or_else(|e| panic!("{e} {:?}", e.hints));
    assert_eq!(contents(&database.path), contents(&file(&format!("{BLOG}; {before}")).path));
}

#[test]
fn a_view_of_a_table_that_is_remade_is_no_hindrance() {
    let setup = format!("{BLOG}; CREATE VIEW names AS SELECT email FROM users");
    let migration = "CREATE TABLE next (id INTEGER PRIMARY KEY, email TEXT NOT NULL, boss INTEGER);
        INSERT INTO next SELECT id, email, boss FROM users; DROP TABLE users; ALTER TABLE next RENAME TO users";
    let plainly = format!("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; {migration}");
    let others = setup.replace(", boss INTEGER REFERENCES users (id)", ", boss INTEGER");
    check(&others, migration, &plainly);
}

#[test]
fn a_file_that_was_vacuumed_keeps_its_search_index() {
    check(
        &format!("{BLOG}; VACUUM"),
        "ALTER TABLE \"Odd\" RENAME TO plain; ALTER TABLE posts ADD COLUMN body TEXT",
        "ALTER TABLE \"Odd\" RENAME TO plain; ALTER TABLE posts ADD COLUMN body TEXT",
    );
}

#[test]
fn a_column_that_was_renamed_before_is_looked_at_under_its_old_name() {
    check(
        BLOG,
        "ALTER TABLE \"Odd\" RENAME TO plain; ALTER TABLE plain RENAME COLUMN [select] TO sel; ALTER TABLE plain ALTER COLUMN sel TYPE BIGINT",
        "CREATE TABLE plain (sel BIGINT, other TEXT); INSERT INTO plain SELECT * FROM \"Odd\"; DROP TABLE \"Odd\"",
    );
}
