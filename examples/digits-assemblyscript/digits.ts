import { query, trap, update } from "ic";
import { FIRST, FIRST_BIAS, PLAIN, SECOND, SECOND_BIAS } from "./weights";

const SIDE: i32 = 8;
const PIXELS: i32 = 64;
const HIDDEN: i32 = 16;
const DIGITS: i32 = 10;

class Guess {
  digit: u8 = 0;
  /** What it would say if it were wrong. */
  next: u8 = 0;
  /** Of 0 to 9. */
  scores: i32[] = [];
}

/** An update, so that all nodes run the network and sign what it saw. */
@update
function look(grid: string): Guess {
  const guess: Guess = { digit: 0, next: 1, scores: score(pixels(grid)) };
  for (let d: u8 = 1; d < 10; d++) {
    if (guess.scores[d] > guess.scores[guess.digit]) {
      guess.next = guess.digit;
      guess.digit = d;
    } else if (guess.scores[d] > guess.scores[guess.next]) guess.next = d;
  }
  return guess;
}

/** A digit drawn plainly, to start from. Change a few of its pixels and let the network look. */
@query
function sample(digit: u8): string {
  if (digit > 9) trap("a digit is 0 to 9");
  return PLAIN[digit];
}

/** Two layers. All numbers are whole, so every machine finds exactly the same. */
function score(ink: StaticArray<bool>): i32[] {
  const hidden = new StaticArray<i32>(HIDDEN);
  for (let h = 0; h < HIDDEN; h++) {
    let sum = FIRST_BIAS[h];
    for (let i = 0; i < PIXELS; i++) if (ink[i]) sum += FIRST[h * PIXELS + i];
    hidden[h] = sum > 0 ? sum : 0;
  }
  const scores: i32[] = [];
  for (let d: i32 = 0; d < DIGITS; d++) {
    let sum = SECOND_BIAS[d];
    for (let h = 0; h < HIDDEN; h++) sum += SECOND[d * HIDDEN + h] * hidden[h];
    scores.push(sum);
  }
  return scores;
}

/** "#" is ink and "." is paper; what parts the rows does not count. */
function pixels(grid: string): StaticArray<bool> {
  const ink = new StaticArray<bool>(PIXELS);
  let at = 0;
  for (let i = 0; i < grid.length; i++) {
    const letter = grid.charAt(i);
    if (letter != "#" && letter != ".") continue;
    if (at == PIXELS) trap("more than 8 rows of 8 pixels");
    ink[at++] = letter == "#";
  }
  if (at < PIXELS) trap("8 rows of 8 pixels, please: # is ink, . is paper; you gave " + at.toString());
  return ink;
}
