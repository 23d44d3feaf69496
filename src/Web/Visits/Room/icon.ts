import { svg, html, type TemplateResult } from "lit";

export const icon = (name: string): TemplateResult =>
  html`<svg class="icon" aria-hidden="true" focusable="false">${svg`<use href=${`/icons.svg#${name}`}></use>`}</svg>`;
