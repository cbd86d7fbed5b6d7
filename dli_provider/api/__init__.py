"""How DLI is spoken to: no Airflow."""
