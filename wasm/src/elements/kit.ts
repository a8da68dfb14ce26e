// kit.ts - what a module that is fetched later needs of what is already on the page. It is handed over,
// not imported: an import shared with a later file makes a bundler cut the first one in two.
import { css, html, nothing } from "lit";
import { ApiError } from "../api.js";
import { TwofoldElement } from "./base.js";
import { icon, kAlert, kBack, kCheck, kChecks, kChevron, methodIcon } from "./icons.js";
import { button, heading, loading, notice, problemSlot } from "./parts.js";
import { codeOf, generalProblem, problem, problemText } from "./problem.js";
import { styles } from "./styles.js";
import { clock, isSent } from "./text.js";

const all = {
  ApiError,
  TwofoldElement,
  button,
  clock,
  codeOf,
  css,
  generalProblem,
  heading,
  html,
  icon,
  isSent,
  kAlert,
  kBack,
  kCheck,
  kChecks,
  kChevron,
  loading,
  methodIcon,
  nothing,
  notice,
  problem,
  problemSlot,
  problemText,
  styles,
};

export const kit = all as Kit;

/** With `nothing` as the one symbol it is, where an object literal has any. */
export type Kit = Omit<typeof all, "nothing"> & { readonly nothing: typeof nothing };
