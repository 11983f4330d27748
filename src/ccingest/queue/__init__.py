"""Jobs: their states, the workers that run them, and their events and logs.

| module | holds |
| --- | --- |
| enqueue | what users do to jobs: queue, cancel, retry |
| sync | queueing jobs that bring datasets up to date |
| schedules, timing | datasets that are brought up to date automatically, and when |
| claim | what workers do to jobs: claim, renew, report, hand back, fail |
| publish | making a prepared version the visible one |
| transitions | changes of a job's row that several modules share |
| retry | whether and when a failed job is tried again |
| worker | claims jobs and runs them |
| heartbeat, recorder | while a job runs: its lease, its cancellation, its progress |
| liveness | which workers are alive |
| events | reading and following the events of jobs |
| history, logs, statistics | reading jobs |
| deletion, retention | deleting datasets, and removing old jobs |
"""
