-- server: gtid_mode = OFF
-- server: enforce_gtid_consistency = OFF
SELECT @@GLOBAL.gtid_mode;
