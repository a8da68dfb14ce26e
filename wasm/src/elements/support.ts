// support.ts - the class of <twofold-support>, for whoever registers it by another name.
import { kit } from "./kit.js";
import { supportElement } from "./support_element.js";

export const TwofoldSupport = supportElement(kit);
