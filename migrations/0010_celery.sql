-- What came of each task that a Celery client sent: a task is carried out once, however often it is delivered.
CREATE TABLE celery_tasks (
  task_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  -- Celery's word: SUCCESS, FAILURE or REVOKED
  status TEXT NOT NULL,
  -- JSON as the result backend holds it
  result TEXT NOT NULL,
  -- Not a foreign key: the post may be deleted, the task stays done
  post_id TEXT,
  finished_at BIGINT NOT NULL
);
CREATE INDEX celery_tasks_finished ON celery_tasks (finished_at);
