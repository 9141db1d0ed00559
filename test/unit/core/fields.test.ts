import {
  codeNameOf,
  FIELD_NAMES,
  FIELDS,
  type FieldSynonyms,
  fieldOf,
  isFieldName,
} from '../../../src/core/fields.ts';

test('fieldOf() finds our field by the words of other vocabularies', () => {
  expect(fieldOf('sigma', 'Image')).toBe('process.executable');
  expect(fieldOf('sigma', 'ParentCommandLine')).toBe('process.parent.command_line');
  expect(fieldOf('falco', 'proc.pexepath')).toBe('process.parent.executable');
  expect(fieldOf('ocsf', 'process.cmd_line')).toBe('process.command_line');
});

test('fieldOf() is undefined for a foreign word and for words of Object.prototype', () => {
  expect(fieldOf('sigma', 'image')).toBeUndefined();
  expect(fieldOf('sigma', 'constructor')).toBeUndefined();
  expect(isFieldName('toString')).toBe(false);
});

test.each(['sigma', 'falco', 'ocsf'] as const)('no %s word stands for two fields', (vocabulary) => {
  const words = FIELD_NAMES.map((name) => (FIELDS[name] as FieldSynonyms)[vocabulary]).filter(
    (word) => word !== undefined,
  );
  expect(words.length).toBeGreaterThan(30);
  expect(words.filter((word, i) => words.indexOf(word) !== i)).toEqual([]);
});

test('codeNameOf() turns snake case into camel case within each component', () => {
  expect(codeNameOf('process.parent.command_line')).toBe('process.parent.commandLine');
  expect(codeNameOf('file.path')).toBe('file.path');
});

test('field names are lower-case dotted words', () => {
  expect(FIELD_NAMES.filter((name) => !/^[a-z_]+(\.[a-z_]+)*$/.test(name))).toEqual([]);
});
