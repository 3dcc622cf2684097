// The same files are shown in the documentation and run by a test.
import go from '../../docs/verify/verify.go' with { type: 'text' };
import java from '../../docs/verify/verify.java' with { type: 'text' };
// oxlint-disable-next-line import/default -- imported as text
import node from '../../docs/verify/verify.mjs' with { type: 'text' };
import php from '../../docs/verify/verify.php' with { type: 'text' };
import python from '../../docs/verify/verify.py' with { type: 'text' };
import ruby from '../../docs/verify/verify.rb' with { type: 'text' };
import rust from '../../docs/verify/verify.rs' with { type: 'text' };
import shell from '../../docs/verify/verify.sh' with { type: 'text' };

/** Code with which a receiver verifies a webhook signature, by language. */
export const VERIFIERS = {
  'Node.js': node,
  Python: python,
  Go: go,
  Java: java,
  Rust: rust,
  PHP: php,
  Ruby: ruby,
  Bash: shell,
} as const;
