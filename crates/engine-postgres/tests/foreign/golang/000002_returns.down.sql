DROP TABLE shop.returns;
DROP TYPE shop.reason;
