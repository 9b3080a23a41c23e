// Niceties for <textarea data-code-editor>: Tab and Shift+Tab indent, Enter keeps the indent, [data-line] links go there.
const INDENT = "  ";
let leaves = false;

function lineStart(text, at) {
  return text.lastIndexOf("\n", at - 1) + 1;
}

// Typed through the browser, so that undo knows of it.
function type(editor, text) {
  if (!document.execCommand("insertText", false, text)) editor.setRangeText(text, editor.selectionStart, editor.selectionEnd, "end");
}

function shift(editor, outwards) {
  const { selectionStart: from, selectionEnd: to, value } = editor;
  if (from === to && !outwards) {
    type(editor, INDENT);
    return;
  }
  const start = lineStart(value, from);
  const lines = value.slice(start, to).split("\n");
  const moved = lines.map((line) => (outwards ? line.replace(/^ {1,2}/, "") : line ? INDENT + line : line)).join("\n");
  editor.setSelectionRange(start, to);
  type(editor, moved);
  editor.setSelectionRange(from === to ? Math.max(start, start + moved.length) : start, start + moved.length);
}

function breakLine(editor) {
  const { selectionStart: at, value } = editor;
  const before = value.slice(lineStart(value, at), at);
  const deeper = /[{[]\s*$/.test(before) ? INDENT : "";
  const indent = before.match(/^\s*/)[0];
  const closes = deeper && /^\s*[}\]]/.test(value.slice(at));
  type(editor, `\n${indent}${deeper}`);
  if (closes) {
    const here = editor.selectionStart;
    type(editor, `\n${indent}`);
    editor.setSelectionRange(here, here);
  }
}

function goTo(editor, line, column) {
  const lines = editor.value.split("\n").slice(0, line);
  const start = lines.slice(0, -1).join("\n").length + (line > 1 ? 1 : 0);
  editor.focus();
  editor.setSelectionRange(start + column - 1, start + (lines.at(-1)?.length ?? 0));
  const height = parseFloat(getComputedStyle(editor).lineHeight) || 18;
  editor.scrollTop = Math.max(0, (line - 4) * height);
}

for (const editor of document.querySelectorAll("[data-code-editor]")) {
  editor.addEventListener("keydown", (event) => {
    if (event.key === "Tab" && !leaves && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      shift(editor, event.shiftKey);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      breakLine(editor);
    }
    leaves = event.key === "Escape" || (leaves && event.key === "Shift");
  });
  for (const link of document.querySelectorAll("[data-line]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      goTo(editor, Number(link.dataset.line), Number(link.dataset.column));
    });
  }
}
