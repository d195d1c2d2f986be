-- migrate:up
CREATE TABLE loyalty (
  customer_id INT UNSIGNED NOT NULL,
  points INT UNSIGNED NOT NULL DEFAULT 0,
  level VARCHAR(10) GENERATED ALWAYS AS (IF(points > 1000, 'gold', 'plain')) STORED,
  PRIMARY KEY (customer_id),
  CONSTRAINT loyalty_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
);
INSERT INTO loyalty (customer_id, points)
SELECT customer_id, FLOOR(SUM(total)) FROM orders GROUP BY customer_id
ON DUPLICATE KEY UPDATE points = VALUES(points);

-- migrate:down
DROP TABLE loyalty;
