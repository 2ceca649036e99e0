// Package jobs does later what a transaction asked for: a job is a row of
// jobs_job, written with what caused it, so that both are there or neither.
//
// It promises:
//   - A committed job is done at least once, on some node, whatever crashes.
//     A handler is called again when it failed, or when its node died, so it
//     must stand being called twice.
//   - One node at a time works on a job: it is claimed by a compare-and-set,
//     for a time that is longer than the handler may take.
//   - A failed attempt is repeated later and later, on the job's own count, with
//     chance mixed in. After the last one the job is a dead letter: it stays,
//     an administrator sees it, and may have it tried again. An attempt counts
//     when it begins, so a job that kills its node dies as well.
//   - A job holds ids and no personal data; the values are opened when it runs.
//     What the kinds accept is checked when the job is written.
//   - What Every registers runs again and again, each turn once for all nodes;
//     one that fails does not end it.
//   - What is written on this node starts at once after the commit; what another
//     node wrote, within a second.
//
// It owns the table jobs_job, which holds nothing personal.
package jobs
