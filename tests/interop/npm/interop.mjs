// One job a line on standard input, one answer a line on standard output: {"done": …} or {"refused": "…"}.
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { XWing } from '@hpke/hybridkem-x-wing';
import { SDJwtInstance } from '@sd-jwt/core';
import { digest, generateSalt } from '@sd-jwt/crypto-nodejs';
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose';

const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64url'));
const text = (raw) => Buffer.from(raw).toString('base64url');
const signer = (jwk) => async (data) => text(sign(null, Buffer.from(data), createPrivateKey({ key: jwk, format: 'jwk' })));
const verifier = (jwk) => async (data, signature) =>
  verify(null, Buffer.from(data), createPublicKey({ key: jwk, format: 'jwk' }), bytes(signature));

class SdJwt extends SDJwtInstance {}

const suite = (name) =>
  new CipherSuite({
    kem: name === 'X-Wing' ? new XWing() : new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes256Gcm(),
  });

const jobs = {
  async thumbprint({ jwk }) {
    return calculateJwkThumbprint(jwk);
  },
  async jws({ token, jwk }) {
    const { payload, protectedHeader } = await compactVerify(token, await importJWK(jwk, 'Ed25519'), { algorithms: ['Ed25519'] });
    return { payload: text(payload), header: protectedHeader };
  },
  async sdJwt({ token, jwk, nonce, at }) {
    const instance = new SdJwt({
      hasher: digest,
      hashAlg: 'sha-256',
      verifier: verifier(jwk),
      kbVerifier: async (data, signature, payload) => verifier(payload.cnf.jwk)(data, signature),
    });
    const { payload, kb } = await instance.verify(token, { keyBindingNonce: nonce, currentDate: at });
    return { payload, bound: kb?.payload };
  },
  async issue({ claims, hidden, typ, jwk }) {
    const instance = new SdJwt({
      hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt, signer: signer(jwk), signAlg: 'EdDSA',
    });
    return instance.issue(claims, hidden, { header: { typ } });
  },
  async present({ token, shown, binding, jwk }) {
    const instance = new SdJwt({
      hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt, kbSigner: signer(jwk), kbSignAlg: 'EdDSA',
    });
    return instance.present(token, shown, { kb: { payload: binding } });
  },
  async seal({ name, key, info, plaintext }) {
    const used = suite(name);
    const recipientPublicKey = await used.kem.deserializePublicKey(bytes(key));
    const { enc, ct } = await used.seal({ recipientPublicKey, info: bytes(info) }, bytes(plaintext));
    return text(Buffer.concat([Buffer.from(enc), Buffer.from(ct)]));
  },
  async open({ name, seed, info, sealed }) {
    const used = suite(name);
    const raw = bytes(sealed);
    const recipientKey = await used.kem.deserializePrivateKey(bytes(seed));
    const enc = raw.slice(0, used.kem.encSize);
    return text(await used.open({ recipientKey, enc, info: bytes(info) }, raw.slice(used.kem.encSize)));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { job, ...asked } = JSON.parse(line);
  const answer = await jobs[job](asked).then((done) => ({ done }), (error) => ({ refused: String(error) }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
