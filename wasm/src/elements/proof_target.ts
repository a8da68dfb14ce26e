// proof_target.ts - how a guarded change is proven: a code of an app or a backup code goes with the
// change itself; for a code that is sent, a challenge of exactly that change is opened and passed first.
import { ApiError, type Enrollment, type ManageSubject, type Proof, type TwofoldApi } from "../api.js";
import { isSent } from "./delivery_flow.js";
import { codeOf } from "./problem.js";
import type { Opening, SentCode, VerifyTarget } from "./verify_flow.js";

export type ProofApi = Pick<TwofoldApi, "manageChallenge" | "sendChallengeCode" | "challenge" | "verifyChallenge" | "pause">;

/** What a proof step asks: a code from one of these, or a backup code; the server decides. */
export function proofOpening(enrollments: readonly Enrollment[]): Opening {
  const first = enrollments.find((e) => e.preferred);
  const trouble = (e: Enrollment): number => (e.problem ? 1 : 0);
  const order = [...enrollments].sort((a, b) => trouble(a) - trouble(b) || Number(b === first) - Number(a === first));
  return {
    methods: [
      ...order.map((e) => ({
        method: e.method,
        enrollment_id: e.id,
        label: e.label,
        ...(e.to !== undefined && { to: e.to }),
        ...(e.problem !== undefined && { problem: e.problem }),
        ...(e.problem === "identity_changed" && { available: false, reason: "suspended" as const }),
      })),
      { method: "backup_code" },
    ],
  };
}

/** @param run  makes the change; called again after a refusal that was not about the code. */
export function proofTarget(
  api: ProofApi,
  enrollments: readonly Enrollment[],
  subject: ManageSubject,
  run: (proof: Proof) => Promise<unknown>,
): VerifyTarget {
  const opening = proofOpening(enrollments);
  let challenge: string | undefined;
  let passed = false;
  const over = (error: unknown): boolean => ["challenge_expired", "challenge_closed", "not_found", "proof_required"].includes(codeOf(error));
  const forget = (): void => {
    challenge = undefined;
    passed = false;
  };
  const send = async (enrollment: string): Promise<SentCode> => {
    if (challenge !== undefined && !passed) {
      try {
        const { delivery } = await api.sendChallengeCode(challenge, enrollment);
        return { delivery };
      } catch (error) {
        if (!over(error)) throw error;
      }
    }
    forget();
    const opened = await api.manageChallenge(subject, enrollment);
    challenge = opened.id;
    return { delivery: opened.delivery };
  };
  // One after another: a way chosen in haste uses the challenge that the first one opens.
  let queue: Promise<unknown> = Promise.resolve();
  return {
    open: () => Promise.resolve(opening),
    send: (enrollment) => {
      const sent = queue.then(() => send(enrollment));
      queue = sent.catch(() => undefined);
      return sent;
    },
    poll: async () => {
      if (challenge === undefined) return { delivery: undefined };
      const seen = await api.challenge(challenge);
      return { delivery: seen.delivery, pause: api.pause(seen) };
    },
    submit: async (attempt) => {
      if (!attempt.method || !isSent(attempt.method)) return run(attempt);
      if (challenge === undefined) throw new ApiError("code_not_sent", 409);
      try {
        if (!passed) await api.verifyChallenge(challenge, attempt);
        passed = true;
        return await run({ challenge_id: challenge });
      } catch (error) {
        if (over(error)) {
          forget();
          throw new ApiError("code_not_sent", 409);
        }
        throw error;
      }
    },
  };
}
