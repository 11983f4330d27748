"""Jobs: their states, who runs them, and what is written about them.

| module | holds |
| --- | --- |
| enqueue | what users do to jobs: queue, cancel, retry |
| sync | queueing what brings datasets up to date |
| schedules, timing | datasets that are brought up to date by themselves, and when |
| claim | what workers do to jobs: claim, renew, report, hand back, fail |
| publish | a prepared version becomes the visible one |
| transitions | the changes of a job's row that several of these share |
| retry | whether and when a failed job is tried again |
| worker | claims jobs and runs them |
| heartbeat, recorder | beside a running job: its lease, a cancel, its progress |
| liveness | which workers live |
| events | the events of jobs, as they are written |
| history, logs, statistics | reading jobs |
| deletion, retention | what is removed |
"""
