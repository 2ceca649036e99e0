// Package analytics counts how the portal is used, without anything about who
// uses it.
//
// It promises:
//   - Only browsers that granted the class performance are counted, and none
//     that sends Sec-GPC: 1 (O4, M8). Everybody else's visit leaves nothing here.
//   - What is kept are numbers by day, page and language: how often a page was
//     shown, how often a visit began with it, and for how long it was open. No
//     address, no browser, no session, no subject, nothing that joins two pages
//     of one visit. A page is a route with the ids of services and of the pages
//     of their forms, and nothing else of an address.
//   - Nothing is measured by anybody else: there is no third party's script.
//   - Numbers below ten are shown as "fewer than 10", so that nobody is told
//     what one person did.
//   - Counting never makes anybody wait, and fails without a trace for them:
//     numbers are kept in memory for up to a minute, and a crash loses those.
//   - Numbers older than the declared period are deleted.
//
// Table: analytics_count. Statements: O4, O5 (research to improve the site).
package analytics
