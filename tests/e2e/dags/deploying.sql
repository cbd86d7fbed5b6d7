CREATE TABLE source (id INT) WITH ('connector' = 'jdbc', 'password' = '{{ params.word }}');
SELECT * FROM source
