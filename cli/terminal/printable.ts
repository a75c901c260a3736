/** Longest text of a server or file on the terminal. */
const LONGEST_TEXT = 2_000;
/**
 * What moves the cursor, changes colours or titles, or turns the direction of writing: control characters, formatting
 * marks, line and paragraph separators, lone halves of characters, and what is for private use.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/** The same for text that may have several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/**
 * Text of somebody else, such as a server's, on one line that shows what it is: what would steer the terminal stands
 * there as its code point.
 */
export function printable(text: string): string {
  const shown = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  return shown.replace(UNPRINTABLE, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return `\\u${code.length > 4 ? `{${code}}` : code.padStart(4, '0')}`;
  });
}
