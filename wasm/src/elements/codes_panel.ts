// codes_panel.ts - the backup codes on screen: shown once, kept, then one typed back.
import { html, nothing, type TemplateResult } from "lit";
import type { Translator } from "../i18n.js";
import type { CodesFlow } from "./codes_flow.js";
import { kCopy, kDownload, kPrint } from "./icons.js";
import { copyText, downloadText, printText } from "./keep.js";
import { button, field, heading, notice, problemSlot, typed } from "./parts.js";
import { backupCodesFile } from "./text.js";

export interface CodesContext {
  readonly i18n: Translator;
  readonly level: number;
  readonly account: string;
  readonly announce: (text: string) => void;
  readonly saved: (count: number) => void;
  readonly refocus: () => void;
}

export function codesPanel(flow: CodesFlow, context: CodesContext): TemplateResult {
  return flow.phase === "show" ? show(flow, context) : check(flow, context);
}

function show(flow: CodesFlow, { i18n, level, account, announce }: CodesContext): TemplateResult {
  const { t } = i18n;
  const text = (): string =>
    backupCodesFile(
      {
        heading: t("codes.file_heading", { account }),
        date: t("codes.file_date", { date: i18n.date(new Date()) }),
        note: t("codes.file_note"),
      },
      flow.codes,
    );
  const tell = (key: string): void => {
    flow.tell(key);
    announce(t(key));
  };
  const copy = async (): Promise<void> => tell((await copyText(flow.codes.join("\n"))) ? "codes.copied" : "setup.copy_failed");
  return html`<div>
      ${heading(t("codes.title"), level)}
      <p class="lead">${t("codes.lead")}</p>
      ${flow.replacing ? html`<p class="lead">${t("codes.lead_replaced")}</p>` : nothing}
    </div>
    <div class="tight">
      <ol class="codes" part="codes" translate="no" aria-label=${t("codes.list_label")}>
        ${flow.codes.map((code) => html`<li>${code}</li>`)}
      </ol>
      <div class="actions">
        ${button(t("codes.copy"), { icon: kCopy, small: true, click: () => void copy() })}
        ${button(t("codes.print"), { icon: kPrint, small: true, click: () => printText(text(), i18n.lang, i18n.dir) })}
        ${button(t("codes.download"), {
          icon: kDownload,
          small: true,
          click: () => {
            downloadText(t("codes.file_name"), text());
            tell("codes.downloaded");
          },
        })}
      </div>
      ${flow.note ? html`<p class="help">${t(flow.note)}</p>` : nothing}
    </div>
    ${notice("warning", html`<strong>${t("codes.once")}</strong> ${t("codes.advice")}`)}
    <div class="actions">${button(t("codes.saved"), { look: "primary", click: () => flow.ask() })}</div>`;
}

function check(flow: CodesFlow, { i18n, level, saved, refocus }: CodesContext): TemplateResult {
  const { t } = i18n;
  const number = flow.checkIndex + 1;
  const submit = async (event: SubmitEvent): Promise<void> => {
    const count = flow.codes.length;
    if (await flow.check(typed(event))) saved(count);
    else refocus();
  };
  return html`<div>
      ${heading(t("codes.check_title"), level)}
      <p class="lead">${t("codes.check_lead", { number })}</p>
    </div>
    <form novalidate @submit=${submit}>
      ${field({ label: t("codes.check_label", { number }), problem: flow.problem, kind: "backup" })} ${problemSlot(flow.problem, i18n)}
      <div class="actions">
        ${button(t("codes.check"), { look: "primary" })} ${button(t("codes.show_again"), { click: () => flow.show() })}
      </div>
    </form>`;
}
