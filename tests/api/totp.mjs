// totp.mjs - RFC 6238 on node:crypto, independent of Twofold's core: the authenticator app of the tests.
import { createHmac } from 'node:crypto';

function base32(text) {
  let bits = '';
  for (const c of text) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

export class App {
  /** totp: the answer to opening an enrolment. */
  constructor({ secret, algorithm = 'SHA1', digits = 6, period = 30 }) {
    Object.assign(this, { key: base32(secret), algorithm, digits, period, used: -1 });
  }

  at(step) {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const mac = createHmac(this.algorithm.toLowerCase(), this.key).update(counter).digest();
    const offset = mac.at(-1) & 15;
    return String((mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** this.digits).padStart(this.digits, '0');
  }

  step(ms = Date.now()) { return Math.floor(ms / 1000 / this.period); }

  /** A code the server has not seen and accepts now; waits when the window of three is used up. */
  async fresh() {
    for (;;) {
      // Not the step before this one: it may be gone when the request arrives.
      const step = Math.max(this.step(), this.used + 1);
      if (step <= this.step() + 1) {
        this.used = step;
        return this.at(step);
      }
      await new Promise((done) => setTimeout(done, 250));
    }
  }

  /** A well-formed code that is wrong at any time near now. */
  wrong(n = 0) {
    const near = new Set([-3, -2, -1, 0, 1, 2, 3].map((d) => this.at(this.step() + d)));
    for (let i = n; ; ++i) {
      const code = String((i * 7919 + 123457) % 10 ** this.digits).padStart(this.digits, '0');
      if (!near.has(code)) return code;
    }
  }
}
