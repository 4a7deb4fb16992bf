DROP TABLE playground_runs;
