// Package uploads receives files, examines them and gives them out. It knows
// neither forms nor cases: it is told which declared field of which scope a
// file is the content of, what the field allows, and how the caller may use it.
//
// It promises:
//   - The bytes of a file are sealed while they arrive, 64 KiB at a time, under
//     a key of the file's own; no plaintext is written anywhere, and none
//     stands whole in memory but a picture while it is drawn anew (O9).
//   - Writing, reading and examining a file pass the gate, each with a permit
//     for its field and each as an event (I2, I3). The name that somebody gave
//     a file is sealed like its content; a row holds ids, states and times.
//   - A file whose row was moved to another person, case or field does not open.
//   - What arrives is bounded by the declaration while it arrives; a lost
//     connection goes on where the last whole part ended (see Begin, Write). A
//     file that a form brings is one transaction at its end (see Receive): a
//     PDF is examined as it comes, and nothing stays of what is cut off.
//   - The type is what the bytes are, never what somebody says. Archives,
//     files of two types, encrypted or active PDFs, pictures of too many pixels
//     and what is broken off are refused with a sentence that says why. Pictures
//     are drawn anew, which drops place, device and whatever else was in them.
//   - Until it was examined nobody can read a file. Where a scanner is declared
//     that includes the scanner, however long it is away; what it finds is
//     destroyed, and the person is told.
//   - Officials read the files of a case that they hold (O6, O10), a PDF too
//     within the page, in a frame that reaches nothing (package viewer);
//     somebody else's file is not found, and the attempt is recorded.
//   - A file that nobody attached is destroyed with its key.
//
// States: received (bytes are missing) → checking → clean, or refused.
//
// Tables: uploads_file, uploads_part. Statements: O2, O6, O9, O10.
package uploads
