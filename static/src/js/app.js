import htmx from "htmx.org/dist/htmx.esm.js";
import { startColours } from "./colours.js";
import { startDiagrams } from "./diagrams.js";
import { startDialogs } from "./dialogs.js";
import { startForms } from "./forms.js";
import { startDrafts } from "./drafts.js";
import { startKeys } from "./keys.js";
import { startLists } from "./lists.js";
import { startLoading } from "./loading.js";
import { startPalette } from "./palette.js";
import { startTimes } from "./times.js";
import { startToasts } from "./toasts.js";

window.htmx = htmx;
document.documentElement.classList.add("has-js");

startToasts();
startLoading();
startForms();
startDrafts();
startDialogs();
startLists();
startKeys();
startPalette();
startTimes();
startColours();
startDiagrams();
