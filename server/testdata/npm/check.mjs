// What the scripts share: how they compare what a client read back with what it wrote.
import assert from "node:assert/strict";

/** like fails unless actual has all that expected says; objects may have more. */
export function like(actual, expected, at = "it") {
  if (expected instanceof RegExp) {
    assert.match(String(actual), expected, at);
  } else if (expected === null || typeof expected !== "object" || expected instanceof Date) {
    assert.deepEqual(actual, expected, at);
  } else {
    assert.ok(actual !== null && typeof actual === "object", `${at} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
    if (Array.isArray(expected)) assert.equal(actual.length, expected.length, `${at}: ${JSON.stringify(actual)}`);
    for (const key of Object.keys(expected)) like(actual[key], expected[key], `${at}.${key}`);
  }
}

/** named finds the one of a list with that name. */
export function named(list, name) {
  const found = list.filter((one) => one.name === name);
  assert.equal(found.length, 1, `${name} among ${list.map((one) => one.name)}`);
  return found[0];
}
