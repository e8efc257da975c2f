import test from 'ava'

import {describeJsonError} from '../../../../src/http/drf/json-error.ts'

// The right column is the message of Python 3.11 for the same text.
const says = test.macro<[string, string]>({
  exec(t, text, message) {
    t.throws(() => JSON.parse(text) as unknown)
    t.is(describeJsonError(text), message)
  },
  title: (_, text) => `describes what is wrong with ${JSON.stringify(text)}`,
})

test(says, '', 'Expecting value: line 1 column 1 (char 0)')
test(says, '{', 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)')
test(says, '{"a": 1,}', 'Expecting property name enclosed in double quotes: line 1 column 9 (char 8)')
test(says, "{'a': 1}", 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)')
test(says, '{"a" 1}', "Expecting ':' delimiter: line 1 column 6 (char 5)")
test(says, '{"a": }', 'Expecting value: line 1 column 7 (char 6)')
test(says, '{"a": 1 "b": 2}', "Expecting ',' delimiter: line 1 column 9 (char 8)")
test(says, '[1, 2', "Expecting ',' delimiter: line 1 column 6 (char 5)")
test(says, '[1,]', 'Expecting value: line 1 column 4 (char 3)')
test(says, '{}\n{}', 'Extra data: line 2 column 1 (char 3)')
test(says, '01', 'Extra data: line 1 column 2 (char 1)')
test(says, '"abc', 'Unterminated string starting at: line 1 column 1 (char 0)')
test(says, '"a\nb"', 'Invalid control character at: line 1 column 3 (char 2)')
test(says, '{\n  "a": x\n}', 'Expecting value: line 2 column 8 (char 9)')
test(says, '["😀" 1]', "Expecting ',' delimiter: line 1 column 6 (char 5)")
test(says, '-Infinity', "Out of range float values are not JSON compliant: '-Infinity'")
