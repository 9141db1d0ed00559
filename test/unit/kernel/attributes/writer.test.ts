import fc from 'fast-check';
import { JsonWriter } from '../../../../src/kernel/attributes/writer.ts';

const names = ['file.path', 'file.fd', 'user.name'] as const;

test('JsonWriter.members parses to what was written, groups included', () => {
  const step = fc.record({
    name: fc.constantFrom(...names),
    how: fc.constantFrom('plain', 'quoted', 'text', 'group'),
    value: fc.string({ unit: 'binary', maxLength: 8 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const json = new JsonWriter();
      const wanted: Record<string, string> = {};
      for (const { name, how, value } of steps) {
        const written = how === 'plain' ? String(value.length) : value;
        if (written !== '') {
          delete wanted[name];
          wanted[name] = written;
        }
        if (how === 'plain') {
          json.plain(name, value.length);
        } else if (how === 'quoted') {
          json.quoted(name, value);
        } else if (how === 'text') {
          json.text(name, { text: value, escaped: JSON.stringify(value).slice(1, -1), hex: undefined });
        } else {
          const group = new JsonWriter();
          group.quoted(name, value);
          json.append(group.group);
        }
      }
      expect(JSON.parse(`{${json.members}}`)).toEqual(wanted);
    }),
  );
});

test('JsonWriter.text() adds the exact bytes of what is not UTF-8', () => {
  const json = new JsonWriter();
  json.text('file.path', { text: '/\ufffd', escaped: '/\\ufffd', hex: '2fff' });
  expect(json.members).toBe('"file.path":"/\\ufffd","file.path.hex":"2fff"');
  json.clear();
  expect(json.members).toBe('');
});
