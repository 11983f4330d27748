<?php

declare(strict_types=1);

namespace Example\View;

use InvalidArgumentException;

const DEFAULT_CHARSET = 'UTF-8';

/**
 * What can be shown.
 */
interface Renderable
{
    public function render(array $values = []): string;
}

trait Escapes
{
    private string $charset = DEFAULT_CHARSET;

    protected function escape(string $text): string
    {
        return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE, $this->charset);
    }
}

enum Mode: string
{
    case Html = 'html';
    case Text = 'text';

    public static function fromPath(string $path): self
    {
        return str_ends_with($path, '.html') ? self::Html : self::Text;
    }
}

/**
 * A template with {{names}} in it. Ein Platzhalter ohne Wert ist ein Fehler.
 */
#[\Attribute]
final class Template implements Renderable
{
    use Escapes;

    public const PATTERN = '/\{\{\s*(\w+)\s*\}\}/u';

    /** @var array<string, callable> */
    private array $filters = [];

    public function __construct(private readonly string $source, private Mode $mode = Mode::Html)
    {
    }

    public static function fromFile(string $path): static
    {
        $source = file_get_contents($path);
        if ($source === false) {
            throw new InvalidArgumentException("{$path} can't be read");
        }
        return new static($source, Mode::fromPath($path));
    }

    /**
     * Puts the values in.
     *
     * @throws InvalidArgumentException when there is no value for a name
     */
    public function render(array $values = []): string
    {
        $fill = function (array $match) use ($values): string {
            $name = $match[1];
            if (!array_key_exists($name, $values)) {
                throw new InvalidArgumentException("no value for {$name} → stopped");
            }
            $value = (string) $values[$name];
            foreach ($this->filters as $filter) {
                $value = $filter($value);
            }
            return $this->mode === Mode::Html ? $this->escape($value) : $value;
        };
        return preg_replace_callback(self::PATTERN, $fill, $this->source);
    }

    public function withFilter(callable $filter): static
    {
        $copy = clone $this;
        $copy->filters[] = $filter;
        return $copy;
    }
}

function render_all(iterable $templates, array $values): array
{
    $done = [];
    foreach ($templates as $name => $template) {
        $done[$name] = $template->render($values);
    }
    return $done;
}

$shout = fn (string $text): string => mb_strtoupper($text);

$quiet = function (string $text): string {
    return mb_strtolower($text);
};
