-- cleanup: DELETE FROM mysql.db WHERE User = ''
-- cleanup: FLUSH PRIVILEGES
INSERT INTO mysql.db (Host, Db, User, Select_priv, Insert_priv, Create_priv, Drop_priv) VALUES ('%', 'test', '', 'Y', 'Y', 'Y', 'Y');
INSERT INTO mysql.db (Host, Db, User, Select_priv, Insert_priv, Create_priv, Drop_priv) VALUES ('%', 'test\\_%', '', 'Y', 'Y', 'Y', 'Y');
FLUSH PRIVILEGES;
