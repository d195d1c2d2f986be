-- cleanup: DROP USER IF EXISTS chief@'%', chief@localhost, keeper@'10.%', keeper@localhost, deputy@'%', deputy@localhost
-- cleanup: DROP ROLE IF EXISTS chiefs
CREATE USER chief@'%' IDENTIFIED BY 'Kx8-long-enough';
GRANT ALL ON *.* TO chief@'%' WITH GRANT OPTION;
CREATE ROLE chiefs;
GRANT ALL ON *.* TO chiefs WITH GRANT OPTION;
CREATE USER deputy@'%' IDENTIFIED BY 'Kx8-long-enough';
GRANT chiefs TO deputy@'%';
CREATE USER keeper@'10.%' IDENTIFIED BY 'Kx8-long-enough';
GRANT ALL ON *.* TO keeper@'10.%' WITH GRANT OPTION;
