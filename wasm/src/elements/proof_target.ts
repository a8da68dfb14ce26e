// proof_target.ts - how a guarded change is proven: a code of an app or a backup code goes with the
// change itself; for a code that is sent, a challenge of exactly that change is opened and passed first.
import { ApiError, type Enrollment, type ManageSubject, type Proof, type TwofoldApi } from "../api.js";
import { codeOf } from "./problem.js";
import type { Opening, SentCode, VerifyTarget } from "./verify_flow.js";
import { isSent } from "./text.js";

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
  // A challenge opened with a factor named is answered by that factor alone: one each.
  const challenges = new Map<string, string>();
  let newest = "";
  let passed = "";
  const over = (error: unknown): boolean => ["challenge_expired", "challenge_closed", "not_found", "proof_required"].includes(codeOf(error));
  const send = async (enrollment: string): Promise<SentCode> => {
    const known = challenges.get(enrollment);
    newest = enrollment;
    if (known !== undefined && known !== passed) {
      try {
        const { delivery } = await api.sendChallengeCode(known, enrollment);
        return { delivery };
      } catch (error) {
        if (!over(error)) throw error;
      }
    }
    const opened = await api.manageChallenge(subject, enrollment);
    challenges.set(enrollment, opened.id);
    return { delivery: opened.delivery };
  };
  return {
    open: () => Promise.resolve(opening),
    send,
    poll: async () => {
      const challenge = challenges.get(newest);
      if (challenge === undefined) return {};
      const seen = await api.challenge(challenge);
      return { delivery: seen.delivery, pause: api.pause(seen) };
    },
    submit: async (attempt) => {
      if (!attempt.method || !isSent(attempt.method)) return run(attempt);
      const factor = attempt.enrollment_id ?? newest;
      const challenge = challenges.get(factor);
      if (challenge === undefined) throw new ApiError("code_not_sent", 409);
      try {
        if (passed !== challenge) await api.verifyChallenge(challenge, attempt);
        passed = challenge;
        return await run({ challenge_id: challenge });
      } catch (error) {
        if (!over(error)) throw error;
        challenges.delete(factor);
        passed = "";
        throw new ApiError("code_not_sent", 409);
      }
    },
  };
}
