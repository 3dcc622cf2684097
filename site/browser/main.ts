import { enableCopy } from './copy.ts';
import { fillExamples } from './credentials.ts';
import {
  closeMenuOnLink,
  followMovedAnchor,
  followReading,
  openForPrint,
  showCurrentPage,
} from './places.ts';
import { enableSearch } from './search.ts';
import { enableTabs } from './tabs.ts';

followMovedAnchor();
enableTabs();
enableCopy();
fillExamples();
enableSearch();
showCurrentPage();
followReading();
closeMenuOnLink();
openForPrint();
// The reader may follow such a link within the first page, or sign in or out in another tab.
addEventListener('hashchange', followMovedAnchor);
addEventListener('storage', fillExamples);
