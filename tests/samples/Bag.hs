{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE LambdaCase #-}

-- | Bags: sets that count. Für kleine Mengen.
module Data.Bag
  ( Bag
  , Size (..)
  , empty
  , insert
  , (<+>)
  ) where

import qualified Data.Map.Strict as Map
import Data.Maybe (fromMaybe)

-- | How often each value is in the bag; never zero.
newtype Bag a = Bag {unBag :: Map.Map a Int}
  deriving stock (Eq, Show)

-- | How much is in something.
data Size
  = Empty
  | Small Int
  | Large
  deriving stock (Eq, Show)

type Count = Int

-- | What has a size.
class Sized f where
  -- | Its size.
  size :: f a -> Size

  isEmpty :: f a -> Bool
  isEmpty value = size value == Empty

instance Sized Bag where
  size (Bag counts) = case sum (Map.elems counts) of
    0 -> Empty
    n
      | n < limit -> Small n
      | otherwise -> Large
    where
      limit = 100

empty :: Bag a
empty = Bag Map.empty

-- | Puts a value in once more.
insert :: Ord a => a -> Bag a -> Bag a
insert value (Bag counts) = Bag (Map.insertWith (+) value 1 counts)

-- | How often a value is in the bag.
count :: Ord a => a -> Bag a -> Count
count value = fromMaybe 0 . Map.lookup value . unBag

-- | All of both bags — nichts geht verloren.
(<+>) :: Ord a => Bag a -> Bag a -> Bag a
Bag left <+> Bag right = Bag (Map.unionWith (+) left right)

infixr 6 <+>

fromList :: Ord a => [a] -> Bag a
fromList = go empty
  where
    go bag [] = bag
    go bag (x : xs) = go (insert x bag) xs

describe :: Size -> String
describe = \case
  Empty -> "nothing"
  Small 1 -> "one thing"
  Small n -> show n <> " things"
  Large -> "many things ✨"

collatz :: Int -> Int
collatz 1 = 1
collatz n
  | even n = collatz (n `div` 2)
  | otherwise = collatz (3 * n + 1)
