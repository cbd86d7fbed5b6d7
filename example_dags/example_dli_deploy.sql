-- What is sold in a region, by product. example_dli_deploy.py renders it for each region.
CREATE TABLE orders (product STRING, amount DECIMAL(10, 2))
WITH ('connector' = 'kafka', 'topic' = 'orders-{{ params.region }}', 'format' = 'json',
      'properties.bootstrap.servers' = 'kafka:9092', 'scan.startup.mode' = 'group-offsets');

CREATE TABLE sales (product STRING, total DECIMAL(10, 2), PRIMARY KEY (product) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'topic' = 'sales-{{ params.region }}', 'key.format' = 'json',
      'value.format' = 'json', 'properties.bootstrap.servers' = 'kafka:9092');

INSERT INTO sales
SELECT product, SUM(amount)
FROM orders
WHERE amount > 0
GROUP BY product;
