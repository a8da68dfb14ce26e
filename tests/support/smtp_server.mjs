// smtp_server.mjs - a real SMTP server (npm smtp-server) on a private port that keeps what it gets and
// can misbehave on purpose.
//   const smtp = await startSmtp({ tls: 'starttls' });   // or 'smtps', or none
//   smtp.url                                             // TWOFOLD_SMTP
//   smtp.behave = (stage, address) => …                  // stage: connect mail rcpt data done
//     undefined: go on; {delay: ms}; {code: 450, text}; {drop: true} the connection, at `done` after
//     the message was taken and before the reply
//   smtp.mails                                           // [{from, to: [..], raw, at, secure, user}]
//   await smtp.next((mail) => …)                         // the first that fits, parsed; waits
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

import { makeCertificate } from './certificates.mjs';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export async function startSmtp({ tls, user, password, certificate, port = 0 } = {}) {
  const own = tls ? (certificate ?? makeCertificate()) : undefined;
  const smtp = { mails: [], tries: [], behave: () => undefined, ca: own?.ca };

  /** Does what `behave` says at this stage; false when the connection is gone. */
  async function stage(name, session, callback, address = '') {
    smtp.tries.push({ stage: name, address, at: Date.now() });
    const told = (await smtp.behave(name, address, session)) ?? {};
    if (told.delay) await sleep(told.delay);
    if (told.drop) {
      for (const connection of server.connections) if (connection.id === session.id) connection._socket.destroy();
      return false;
    }
    if (told.code) callback(Object.assign(new Error(told.text ?? 'as the test asks'), { responseCode: told.code }));
    else if (name !== 'done') callback();
    return !told.code;
  }

  const server = new SMTPServer({
    banner: 'test', disableReverseLookup: true, logger: false, size: 256 * 1024, closeTimeout: 500,
    secure: tls === 'smtps', hideSTARTTLS: tls !== 'starttls',
    ...(own && { cert: own.cert, key: own.key }),
    authOptional: !user, allowInsecureAuth: false, disabledCommands: user ? [] : ['AUTH'],
    onAuth: (auth, session, callback) => (auth.username === user && auth.password === password
      ? callback(null, { user: auth.username })
      : callback(Object.assign(new Error('5.7.8 no'), { responseCode: 535 }))),
    onConnect: (session, callback) => stage('connect', session, callback),
    onMailFrom: (address, session, callback) => stage('mail', session, callback, address.address),
    onRcptTo: (address, session, callback) => stage('rcpt', session, callback, address.address),
    async onData(stream, session, callback) {
      const chunks = [];
      const to = session.envelope.rcptTo.map((r) => r.address);
      const ended = new Promise((done) => { stream.on('end', () => done(true)); stream.on('close', () => done(false)); });
      stream.on('data', (chunk) => chunks.push(chunk));
      if (!(await stage('data', session, (error) => { if (error) { stream.resume(); callback(error); } }, to[0]))) return;
      // Without its final dot a mail was never handed over (RFC 5321 section 4.1.1.4): its sender died.
      if (!(await ended)) return;
      smtp.mails.push({ from: session.envelope.mailFrom.address, to, raw: Buffer.concat(chunks).toString('utf8'), at: Date.now(), secure: session.secure, user: session.user });
      if (await stage('done', session, callback, to[0])) callback(null, 'taken');
    },
  });
  server.on('error', () => undefined);  // clients that hang up
  await new Promise((done) => server.listen(port, '127.0.0.1', done));
  smtp.port = server.server.address().port;
  const login = user ? `${encodeURIComponent(user)}:${encodeURIComponent(password)}@` : '';
  smtp.url = `${tls === 'smtps' ? 'smtps' : 'smtp'}://${login}${tls ? 'localhost' : '127.0.0.1'}:${smtp.port}`;
  smtp.close = () => new Promise((done) => server.close(done));
  smtp.parsed = async (mail) => Object.assign(await simpleParser(mail.raw), { envelope: mail });
  smtp.next = async (fits = () => true, within = 10_000) => {
    const seen = new Set();
    for (const end = Date.now() + within; Date.now() < end; await sleep(10)) {
      for (const mail of smtp.mails) {
        if (seen.has(mail)) continue;
        seen.add(mail);
        const parsed = await smtp.parsed(mail);
        if (fits(parsed)) return parsed;
      }
    }
    throw new Error(`no such mail within ${within} ms; there are ${smtp.mails.length}`);
  };
  /** The code in the newest mail to an address. */
  smtp.code = async (to, since = 0) => {
    const mail = await smtp.next((m) => m.envelope.to[0] === to && m.envelope.at >= since && /^\d{6,8} /.test(m.subject));
    return mail.subject.match(/^\d+/)[0];
  };
  return smtp;
}
