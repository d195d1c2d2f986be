-- only mariadb
-- server: ssl_cert = <tls>/server.crt
-- server: ssl_key = <tls>/server.key
-- server: tls_version = TLSv1.2,TLSv1.3
SELECT @@tls_version;
