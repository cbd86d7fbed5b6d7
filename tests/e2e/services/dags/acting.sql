CREATE TABLE {{ var.json.deployed.shown }} (id INT) WITH (
  'connector' = 'jdbc',
  'url' = 'jdbc:mysql://reader:{{ var.json.deployed.sql }}@db.example.com/shop',
  'password' = '{{ var.json.deployed.sql }}'
);
INSERT INTO sink SELECT id FROM {{ var.json.deployed.shown }}
