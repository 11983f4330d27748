// Package queue keeps jobs in order of their priority — größte zuerst.
package queue

import (
	"container/heap"
	"errors"
	"fmt"
	"sync"
)

// ErrClosed is returned after Close.
var ErrClosed = errors.New("queue: closed")

const (
	// Low is for what can wait.
	Low Priority = iota
	// High is for what can't.
	High
)

const maxRetries = 3

// Priority orders jobs.
type Priority int

// Handler does the work of a job.
type Handler interface {
	Handle(job *Job) error
}

// HandlerFunc makes a function a Handler.
type HandlerFunc func(job *Job) error

// Handle calls f(job).
func (f HandlerFunc) Handle(job *Job) error { return f(job) }

type (
	// Job is one piece of work.
	Job struct {
		ID       string
		Priority Priority
		retries  int
	}

	jobs []*Job

	ids = map[string]struct{}
)

func (j jobs) Len() int           { return len(j) }
func (j jobs) Less(a, b int) bool { return j[a].Priority > j[b].Priority }
func (j jobs) Swap(a, b int)      { j[a], j[b] = j[b], j[a] }
func (j *jobs) Push(x any)        { *j = append(*j, x.(*Job)) }
func (j *jobs) Pop() any {
	old := *j
	last := old[len(old)-1]
	*j = old[:len(old)-1]
	return last
}

// Queue is safe for concurrent use.
type Queue[T any] struct {
	mu     sync.Mutex
	jobs   jobs
	known  ids
	closed bool
	extra  T
}

// New makes an empty queue.
func New[T any](extra T) *Queue[T] {
	return &Queue[T]{known: ids{}, extra: extra}
}

// Add puts a job in; a job that is already there is refused.
func (q *Queue[T]) Add(job *Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	if _, ok := q.known[job.ID]; ok {
		return fmt.Errorf("queue: job %q is there already", job.ID)
	}
	q.known[job.ID] = struct{}{}
	heap.Push(&q.jobs, job)
	return nil
}

// Run handles jobs until the queue is empty, and retries those that fail.
func (q *Queue[T]) Run(handler Handler) (done int, err error) {
	for q.jobs.Len() > 0 {
		job := heap.Pop(&q.jobs).(*Job)
		if err := handler.Handle(job); err != nil {
			job.retries++
			if job.retries > maxRetries {
				return done, fmt.Errorf("job %s: %w", job.ID, err)
			}
			heap.Push(&q.jobs, job)
			continue
		}
		done++
	}
	return done, nil
}
