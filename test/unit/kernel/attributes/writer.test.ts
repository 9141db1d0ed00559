import fc from 'fast-check';
import { ByteWriter } from '../../../../src/core/byte-writer.ts';
import {
  JsonWriter,
  MemberGroup,
  membersOf,
  VisitingWriter,
} from '../../../../src/kernel/attributes/writer.ts';

const names = ['file.path', 'file.fd', 'user.name'] as const;
const textOf = (value: string) => ({
  text: value,
  escaped: Buffer.from(JSON.stringify(value).slice(1, -1)),
  hex: undefined,
});

function written(write: (json: JsonWriter) => void): string {
  const out = new ByteWriter();
  const json = new JsonWriter();
  json.begin(out);
  write(json);
  json.end();
  return out.bytes().toString();
}

test('JsonWriter writes members that parse to what was written, kept members included', () => {
  const step = fc.record({
    name: fc.constantFrom(...names),
    how: fc.constantFrom('plain', 'quoted', 'text', 'kept'),
    value: fc.string({ unit: 'binary', maxLength: 8 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const wanted: Record<string, string> = {};
      const text = written((json) => {
        for (const { name, how, value } of steps) {
          const expected = how === 'plain' ? String(value.length) : value;
          if (expected !== '') {
            delete wanted[name];
            wanted[name] = expected;
          }
          if (how === 'plain') {
            json.plain(name, value.length);
          } else if (how === 'quoted') {
            json.quoted(name, value);
          } else if (how === 'text') {
            json.text(name, textOf(value));
          } else {
            json.append(membersOf((out) => out.quoted(name, value)));
          }
        }
      });
      expect(JSON.parse(`{${text}}`)).toEqual(wanted);
    }),
  );
});

test('JsonWriter.text() adds the exact bytes of what is not UTF-8', () => {
  const value = { text: '/\ufffd', escaped: Buffer.from('/\\ufffd'), hex: '2fff' };
  expect(written((json) => json.text('file.path', value))).toBe(
    '"file.path":"/\\ufffd","file.path.hex":"2fff"',
  );
  expect(written(() => {})).toBe('');
});

test('a MemberGroup is written once for the same numbers, and by a visitor each time', () => {
  let writes = 0;
  const group = new MemberGroup<{ fd: number }>(({ fd }, out) => {
    writes++;
    out.plain('file.fd', fd);
  });
  const both = (fd: number) => written((json) => json.group(group, { fd }, fd));
  expect([both(1), both(2), both(1), both(1)]).toEqual([
    '"file.fd":"1"',
    '"file.fd":"2"',
    '"file.fd":"1"',
    '"file.fd":"1"',
  ]);
  expect(writes).toBe(2);

  const seen: string[] = [];
  const visiting = new VisitingWriter();
  visiting.visit = (name, value) => seen.push(`${name}=${value}`);
  visiting.group(group, { fd: 1 });
  expect(seen).toEqual(['file.fd=1']);
});
