// Package cookies lets people choose what their browser keeps, by class.
//
// It promises:
//   - Silence grants nothing. A class that is not strictly necessary is off
//     until it is granted, and can be refused again on the same page (O4, M9).
//   - Refusing takes one press, as accepting does, and loses only what the page
//     says of the class.
//   - The choice is kept in one necessary cookie that holds a yes or a no for
//     each class and nothing that identifies a browser. A class that is declared
//     later is asked for anew.
//   - Sec-GPC: 1 refuses every class but the necessary one, whatever was chosen
//     before (I14), and the page says so.
//   - What is refused is deleted with the answer to that choice.
//   - Where a browser keeps no cookies the page says what does not work.
//   - Where nothing but necessary cookies is declared, nobody is asked.
//   - All of it works without JavaScript.
//
// It owns no table. Statements: O4, M9.
package cookies
