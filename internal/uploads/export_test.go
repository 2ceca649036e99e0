package uploads

// ExaminePDF is what the examination of a PDF consists of.
var ExaminePDF = examinePDF
