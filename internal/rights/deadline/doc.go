// Package deadline computes until when what people ask about their data is
// answered, and counts what is late: pure, from the moments of a request, the
// right as it is declared, the calendar and the zone of the portal (I10).
//
// Tables: none. Statements: O14, N13.
package deadline
