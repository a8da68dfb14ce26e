// whatsapp_server.mjs - a local server that speaks the contract of the WhatsApp Cloud API (Meta, 2025),
// and Meta's side of its webhook.
//   const meta = await startWhatsApp();
//   meta.env(hookUrl)              // the settings of a server that uses it
//   meta.behave = (message) => …   // undefined: accept; {error: code, status}; {stall: ms}; {drop: true};
//                                  // {redirect: url}; {lost: true}: taken, but no answer; {raw, status}
//   meta.messages                  // [{to, code, id (wamid), ours, body, at}]
//   await meta.report(hook, [{id, status, errors?}], {secret?, twice?})
import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const kTemplate = 'sign_in_code';

/** What is wrong with a send, as Meta would say; undefined: nothing. */
function fault(body, languages) {
  const code = (c, message) => ({ error: c, message });
  if (body.messaging_product !== 'whatsapp' || body.type !== 'template' || !/^\d{6,15}$/.test(body.to ?? '')) return code(100, 'Invalid parameter');
  if (body.template?.name !== kTemplate) return code(132001, 'Template name does not exist');
  if (!languages.includes(body.template.language?.code)) return code(132001, 'Template does not exist in the translation');
  const [text, button, ...more] = body.template.components ?? [];
  const value = (part) => part?.parameters?.length === 1 && part.parameters[0].type === 'text' && part.parameters[0].text;
  if (more.length > 0 || text?.type !== 'body' || button?.type !== 'button' || button.sub_type !== 'url' || button.index !== '0') return code(132000, 'Number of parameters does not match');
  if (!value(text) || value(text) !== value(button) || value(text).length > 15) return code(132012, 'Parameter format does not match');
  return undefined;
}

export async function startWhatsApp({ languages = ['en', 'es', 'ar', 'fr', 'de'] } = {}) {
  const meta = {
    token: 'EAAtest-token', phoneId: '106540352242922', accountId: '102290129340398', secret: 'app-secret', verifyToken: 'verify-me',
    messages: [], requests: [], templates: [], behave: () => undefined,
  };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const answer = (status, body, headers = {}) => {
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    const refuse = (error, status = 400, message = 'as the test asks') =>
      answer(status, { error: { message, type: 'OAuthException', code: error, error_data: { messaging_product: 'whatsapp', details: message }, fbtrace_id: 'AbC' } });
    meta.requests.push({ method: request.method, url: request.url, text, at: Date.now() });
    if (request.headers.authorization !== `Bearer ${meta.token}`) return refuse(190, 401, 'Invalid OAuth access token.');
    const url = new URL(request.url, 'http://meta');
    if (url.pathname === `/v21.0/${meta.accountId}/message_templates`) {
      if (request.method === 'GET') return answer(200, { data: meta.templates });
      const made = JSON.parse(text);
      meta.templates.push({ name: made.name, language: made.language, category: 'AUTHENTICATION', status: 'APPROVED', made });
      return answer(200, { id: '1', status: 'APPROVED', category: 'AUTHENTICATION' });
    }
    if (request.method !== 'POST' || url.pathname !== `/v21.0/${meta.phoneId}/messages`) return refuse(100, 400, 'Unsupported request');
    let body;
    try {
      body = JSON.parse(text);
    } catch {
      return refuse(100);
    }
    const message = { to: body.to, code: body.template?.components?.[0]?.parameters?.[0]?.text, ours: body.biz_opaque_callback_data, id: `wamid.${randomUUID()}`, body, at: Date.now() };
    const told = (await meta.behave(message)) ?? {};
    if (told.stall) await sleep(told.stall);
    if (told.drop) return request.socket.destroy();
    if (told.redirect) return answer(307, '', { Location: told.redirect });
    if (told.raw !== undefined) return answer(told.status ?? 200, told.raw);
    if (told.error !== undefined) return refuse(told.error, told.status);
    const wrong = fault(body, languages);
    if (wrong) return refuse(wrong.error, wrong.error === 132001 ? 404 : 400, wrong.message);
    meta.messages.push(message);
    if (told.lost) return request.socket.destroy();
    return answer(200, { messaging_product: 'whatsapp', contacts: [{ input: body.to, wa_id: body.to }], messages: [{ id: message.id, message_status: 'accepted' }] });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  meta.port = server.address().port;
  meta.url = `http://127.0.0.1:${meta.port}`;
  meta.env = () => ({
    TWOFOLD_WHATSAPP_URL: meta.url, TWOFOLD_WHATSAPP_TOKEN: meta.token, TWOFOLD_WHATSAPP_PHONE_ID: meta.phoneId, TWOFOLD_WHATSAPP_ACCOUNT_ID: meta.accountId,
    TWOFOLD_WHATSAPP_TEMPLATE: kTemplate, TWOFOLD_WHATSAPP_APP_SECRET: meta.secret, TWOFOLD_WHATSAPP_VERIFY_TOKEN: meta.verifyToken,
  });
  meta.close = () => new Promise((done) => { server.closeAllConnections?.(); server.close(done); });
  meta.next = async (to, since = 0, within = 10_000) => {
    for (const end = Date.now() + within; Date.now() < end; await sleep(10)) {
      const found = meta.messages.findLast((m) => m.to === to && m.at >= since);
      if (found) return found;
    }
    throw new Error(`no message to that number within ${within} ms; there are ${meta.messages.length}`);
  };
  /** One signed webhook call with these statuses; the HTTP status it got. */
  meta.report = async (base, statuses, { secret = meta.secret, mangle = (t) => t, host } = {}) => {
    const body = JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [{ id: meta.accountId, changes: [{ field: 'messages', value: { messaging_product: 'whatsapp', metadata: { phone_number_id: meta.phoneId }, statuses: statuses.map((s) => ({ timestamp: String(Math.floor(Date.now() / 1000)), recipient_id: '34612345621', ...s })) } }] }],
    });
    const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    const sent = await fetch(`${base}/hooks/whatsapp`, { method: 'POST', body: mangle(body), headers: { 'Content-Type': 'application/json', 'X-Hub-Signature-256': signature, ...(host && { Host: host }) } });
    await sent.arrayBuffer();
    return sent.status;
  };
  return meta;
}
