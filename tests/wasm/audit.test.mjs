// The check of histories in the browser (wasm/src/audit.ts over twofold_audit.wasm) against every kind of
// tampering: security 85. Run: node --test tests/wasm/audit.test.mjs
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { describe, it } from 'node:test';
import { auditModule, file, history, macOf, rechain, root, Signing } from './audit_support.mjs';

const check = await auditModule();
const signing = new Signing();
const one = async (lines, jwks = signing.jwks) => {
  const reports = await check(file(lines), jwks);
  assert.equal(reports.length, 1);
  return reports[0];
};
const short = (report) => report.faults.map((f) => `${f.what} ${f.at}`);

describe('the check of a history in the browser', () => {
  it('security 85: one that is whole is said to be whole, and up to where a signature vouches', async () => {
    const report = await one(history(signing));
    assert.deepEqual(report, {
      chain: 'user:usr_bob', user: 'bob', events: 12, faults: [], unchecked: 0, detailsUnchecked: 0,
      vouched: { length: 9, at: '2025-11-24T13:17:20Z', checkpoint: 4, kid: signing.kid },
    });
  });

  it('security 85: the macs are those of another implementation', async () => {
    const all = JSON.parse(readFileSync(`${root}tests/vectors/audit_chain.json`, 'utf8'));
    const key = Buffer.from(all.key, 'hex').toString('latin1');
    for (const e of all.events) assert.equal(macOf({ ...e, at: new Date(e.at * 1000).toISOString(), details_sealed: e.details }, e.chain, Buffer.from(key, 'latin1')), e.mac);
    // The module takes the key as text; these bytes are ASCII.
    const lines = [
      { type: 'history', version: 1, user: '', chain: all.chain, chain_key: key },
      ...all.events.map((e) => ({ type: 'event', ...e, sequence: Number(e.sequence), at: new Date(e.at * 1000).toISOString(), details_sealed: e.details, details: undefined })),
      { type: 'end', length: 8, mac: all.events[7].mac },
    ];
    assert.deepEqual(short(await one(lines)), []);
  });

  const event = (lines, i) => lines[i];
  const edits = {};
  for (const field of ['id', 'at', 'actor', 'action', 'method', 'result', 'object', 'request_id', 'application', 'user', 'details_sealed', 'previous_mac'])
    edits[`${field} edited`] = [(l) => { event(l, 3)[field] = field === 'at' ? '2025-11-24T13:13:54Z' : `${event(l, 3)[field]}x`; }, ['edited 3']];
  const table = {
    ...edits,
    'mac edited': [(l) => { l[3].mac = l[3].mac.replace(/^./, (c) => (c === '0' ? '1' : '0')); }, ['edited 3', 'edited 4']],
    'address in the details edited': [(l) => { l[3].details.ip = '203.0.113.9'; }, ['edited 3']],
    'a detail added': [(l) => { l[3].details.note = 'x'; }, ['edited 3']],
    'a detail removed': [(l) => { delete l[3].details.label; }, ['edited 3']],
    'the details removed': [(l) => { delete l[3].details; }, ['edited 3']],
    'the details and their key removed': [(l) => { delete l[3].details; delete l[3].details_key; }, ['edited 3']],
    'details given to an event that has none': [(l) => { l[4].details = { ip: '203.0.113.9' }; }, ['edited 4']],
    'details of another event put in': [(l) => { for (const k of ['details', 'details_key']) l[3][k] = l[2][k]; }, ['edited 3']],
    'the key of the details exchanged': [(l) => { l[3].details_key = l[2].details_key; }, ['edited 3']],
    'a text made a number': [(l) => { l[3].object = 3; }, ['edited 3']],
    'the number edited': [(l) => { l[3].sequence = 30; }, ['missing 3', 'edited 30', 'edited 4', 'edited 5', 'edited 6', 'edited 7', 'edited 8', 'edited 9', 'edited 10', 'edited 11', 'edited 12']],
    'the number no number': [(l) => { l[3].sequence = '3'; }, ['edited 3', 'missing 3']],
    'the first removed': [(l) => { l.splice(1, 1); }, ['missing 1']],
    'one removed': [(l) => { l.splice(6, 1); }, ['missing 6']],
    'two removed': [(l) => { l.splice(6, 2); }, ['missing 6']],
    'one removed, the rest moved up and chained anew': [(l) => { l.splice(6, 1); for (const e of l.filter((x) => x.type === 'event' && x.sequence > 6)) e.sequence -= 1; l.at(-1).length -= 1; rechain(l, 6); }, ['edited 9']],
    'two swapped': [(l) => { [l[6], l[7]] = [l[7], l[6]]; }, ['missing 6', 'edited 6']],
    'two swapped with their numbers': [(l) => { [l[6], l[7]] = [{ ...l[7], sequence: 6 }, { ...l[6], sequence: 7 }]; }, ['edited 6', 'edited 7', 'edited 8']],
    'one twice': [(l) => { l.splice(6, 0, l[5]); }, ['edited 5']],
    'the end cut': [(l) => { l.splice(11, 2); }, ['cut 11']],
    'the end cut, and the head told': [(l) => { l.splice(8, 5); l.at(-1).length = 7; l.at(-1).mac = l[7].mac; }, ['cut 8']],
    'all events gone': [(l) => { l.splice(1, 12); }, ['cut 1']],
    'all events gone, and the head told': [(l) => { l.splice(1, 12); Object.assign(l.at(-1), { length: 0, mac: '' }); }, ['cut 1']],
    'the last line gone': [(l) => { l.pop(); }, ['cut 13']],
    'a forged one at the end': [(l) => { l.splice(13, 0, { ...l[12], id: 'evt_new', sequence: 13, previous_mac: l[12].mac }); l.at(-1).length = 13; }, ['edited 13']],
    'the end forged by who has the chain key, in what is signed': [(l) => { l[9].actor = 'operator'; rechain(l, 9); }, ['edited 9']],
    'long before the end, by who has the chain key': [(l) => { l[2].result = 'code_invalid'; rechain(l, 2); }, ['edited 5', 'edited 9']],
    'the head edited': [(l) => { l.at(-1).mac = l[3].mac; }, ['edited 12']],
    'another chain key': [(l) => { l[0].chain_key = history(signing, { user: 'eve' })[0].chain_key; }, [...Array(12).keys()].map((i) => `edited ${i + 1}`)],
    'the chain named another': [(l) => { l[0].chain = 'user:usr_eve'; }, ['checkpoint 3', 'checkpoint 4', ...[...Array(12).keys()].map((i) => `edited ${i + 1}`)]],
    'another\'s history under this name': [(l) => { l.splice(1, l.length - 1, ...history(signing, { user: 'eve' }).slice(1)); }, ['checkpoint 3', 'checkpoint 4', ...[...Array(12).keys()].map((i) => `edited ${i + 1}`)]],
    'a signature changed': [(l) => { l[14].signature = l[13].signature; }, ['checkpoint 4']],
    'a checkpoint signed by another': [(l) => { const other = new Signing(); l[14] = history(other)[14]; l[14].kid = signing.kid; }, ['checkpoint 4']],
    'a key of no published id': [(l) => { l[14].kid = 'kid_unknown'; }, ['checkpoint 4']],
    'a checkpoint\'s time edited': [(l) => { l[14].at = '2025-11-24T13:30:00Z'; }, ['checkpoint 4']],
    'a checkpoint\'s number edited': [(l) => { l[13].number = 2; }, ['checkpoint 2']],
    'a checkpoint\'s length edited': [(l) => { l[14].length = 8; }, ['checkpoint 4']],
    'a checkpoint\'s mac edited': [(l) => { l[14].mac = l[8].mac; }, ['checkpoint 4']],
    'a step of the path edited': [(l) => { l[14].path[0] = l[14].path[0].replace(/.$/, (c) => (c === '0' ? '1' : '0')); }, ['checkpoint 4']],
    'the path turned round': [(l) => { l[14].path[0] = `R${l[14].path[0].slice(1)}`; }, ['checkpoint 4']],
    'a path that is none': [(l) => { l[14].path = 'x'; }, ['checkpoint 4']],
    'the root edited with the signature left': [(l) => { l[14].entries_hash = l[13].entries_hash; }, ['checkpoint 4']],
    'what was before a checkpoint edited': [(l) => { l[14].previous_hash = ''; }, ['checkpoint 4']],
    'a line that is no JSON': [(l) => { l.splice(4, 0, '{"type":'); }, ['unreadable 5']],
    'a line of another kind': [(l) => { l.splice(4, 0, { type: 'note' }); }, ['unreadable 5']],
    'a line after the end': [(l) => { l.push(l[4]); }, ['unreadable 17']],
  };
  for (const [name, [tamper, want]] of Object.entries(table)) {
    it(`security 85: ${name}: ${want.slice(0, 3).join(', ')}`, async () => {
      const lines = history(signing);
      const before = JSON.stringify(lines);
      tamper(lines);
      assert.notEqual(JSON.stringify(lines), before, 'nothing was changed');
      assert.deepEqual(short(await one(lines)), want);
    });
  }

  it('security 85: what a bad checkpoint said is not believed, what good ones say is', async () => {
    const lines = history(signing);
    lines[14].signature = lines[13].signature;
    const report = await one(lines);
    assert.equal(report.vouched.length, 5);
    for (const l of lines.splice(13, 2)) l.kid = 'x';
    assert.equal((await one(lines)).vouched, undefined);
    assert.deepEqual(short(await one(lines)), []);
  });

  it('the events after the last checkpoint are covered by their chain alone, and the report says so', async () => {
    const lines = history(signing);
    lines[11].actor = 'operator';
    assert.deepEqual(short(await one(lines)), ['edited 11']);
    rechain(lines, 11);
    const report = await one(lines);
    assert.deepEqual(short(report), []);
    assert.equal(report.vouched.length, 9);
  });

  it('what only the server can check is counted, never passed over', async () => {
    const lines = history(signing);
    for (const l of lines.slice(1, 4)) Object.assign(l, { rule: 1, details_key: undefined });
    const report = await one(lines);
    assert.equal(report.unchecked, 3);
    assert.equal(report.detailsUnchecked, 3);
    assert.deepEqual(short(report), []);
    // Their place in the chain is checked all the same.
    lines[2].previous_mac = lines[1].previous_mac;
    assert.deepEqual(short(await one(lines)), ['edited 2']);
  });

  it('a history of somebody erased says nothing, and is whole', async () => {
    const lines = history(signing);
    lines[0].user = '';
    for (const l of lines.slice(1, 13)) { delete l.details; delete l.details_key; }
    assert.deepEqual(short(await one(lines)), []);
  });

  it('a file of several histories is checked one by one', async () => {
    const bob = history(signing);
    const eve = history(signing, { user: 'eve', n: 40 });
    eve[20].actor = 'x';
    const reports = await check(file([...bob, ...eve]), signing.jwks);
    assert.deepEqual(reports.map((r) => [r.user, r.events, short(r)]), [['bob', 12, []], ['eve', 40, ['edited 20']]]);
    assert.deepEqual(await check('', signing.jwks), []);
    assert.deepEqual(short((await check('<html>', signing.jwks))[0]).includes('unreadable 1'), true);
  });

  it('texts of any size are an answer, not a crash', async () => {
    const lines = history(signing);
    lines[3].object = 'x'.repeat(200_000);
    lines[5].object = 'ä'.repeat(70_000);
    lines[14].path = Array(100).fill(lines[14].path[0]);
    assert.deepEqual(short(await one(lines)), ['checkpoint 4', 'edited 3', 'edited 5']);
  });

  it('design 4: the module is small, and apart from the core', () => {
    const size = brotliCompressSync(readFileSync(`${root}build/wasm/twofold_audit.wasm`)).length;
    assert.ok(size < 5000, `${size} B`);
    const core = WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(`${root}build/wasm/twofold_core.wasm`)));
    assert.equal(core.filter((e) => e.name.startsWith('twofold_audit')).length, 0);
  });
});
