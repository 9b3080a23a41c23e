// The tabs beside a conversation: states stay true, blocks can be copied.
import { watchCopying } from "./session-copy.js";
import "./session-state.js";

watchCopying(document.querySelector("main"));
