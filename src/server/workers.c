/* SPDX-License-Identifier: MIT */
#include "server/workers.h"

#include <pthread.h>

#include "base/alloc.h"

enum { STACK = 1 << 20 };

struct queue {
	struct job *first, **end;
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct queue reads, writes;
	int writing, jobs;
	bool stop;
	pthread_t threads[WORKERS];
	int n;
};

static void push(struct queue *q, struct job *job)
{
	job->next = NULL;
	*q->end = job;
	q->end = &job->next;
}

static struct job *pop(struct queue *q)
{
	struct job *job = q->first;
	if (!job)
		return NULL;
	q->first = job->next;
	if (!q->first)
		q->end = &q->first;
	return job;
}

/* With the lock held.  Those that write first: they are the ones that come in crowds. */
static struct job *next_job(struct workers *w)
{
	struct job *job = w->writing < WRITERS ? pop(&w->writes) : NULL;
	return job ? job : pop(&w->reads);
}

static void *work(void *arg)
{
	struct workers *w = arg;
	pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		struct job *job = next_job(w);
		bool writes = job && job->writes;
		if (!job) {
			pthread_cond_wait(&w->more, &w->lock);
			continue;
		}
		w->writing += writes;
		pthread_mutex_unlock(&w->lock);
		job->run(job); /* it may be gone now */
		pthread_mutex_lock(&w->lock);
		w->writing -= writes;
		w->jobs--;
		if (writes && w->writes.first)
			pthread_cond_signal(&w->more);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int workers_start(struct workers **out, struct err *err)
{
	struct workers *w = xcalloc(1, sizeof(*w));
	pthread_attr_t attr;
	int rc = 0;
	*out = w;
	w->reads.end = &w->reads.first;
	w->writes.end = &w->writes.first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	for (; w->n < WORKERS && rc == 0; w->n += rc == 0)
		rc = pthread_create(&w->threads[w->n], &attr, work, w);
	pthread_attr_destroy(&attr);
	return rc == 0 ? 0 : err_sys(err, rc, "cannot start a thread");
}

void workers_add(struct workers *w, struct job *job)
{
	pthread_mutex_lock(&w->lock);
	push(job->writes ? &w->writes : &w->reads, job);
	w->jobs++;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
}

bool workers_busy(struct workers *w)
{
	bool busy;
	if (!w)
		return false;
	pthread_mutex_lock(&w->lock);
	busy = w->jobs > 0;
	pthread_mutex_unlock(&w->lock);
	return busy;
}

void workers_stop(struct workers *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->more);
	pthread_mutex_unlock(&w->lock);
	for (int i = 0; i < w->n; i++)
		pthread_join(w->threads[i], NULL);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->more);
	free(w);
}
