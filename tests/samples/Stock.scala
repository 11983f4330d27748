package org.example.stock

import scala.collection.mutable
import scala.util.{Failure, Success, Try}

/** Amounts of wares. Größen ohne Einheit sind Stück. */
package object units {
  type Amount = BigDecimal

  def pieces(number: Int): Amount = BigDecimal(number)
}

sealed trait Movement {
  def ware: String

  def amount: BigDecimal
}

final case class In(ware: String, amount: BigDecimal) extends Movement

final case class Out(ware: String, amount: BigDecimal, to: String = "Käufer") extends Movement {
  require(amount > 0, s"an amount of $amount can't go out")

  def cancelled: In = In(ware, amount)
}

object Movement {
  private val Line = """(\+|-)\s*(\w+)\s+(\d+)""".r

  /** Reads `+ apples 3` or `- apples 2`. */
  def parse(line: String): Try[Movement] = line match {
    case Line("+", ware, amount) => Success(In(ware, BigDecimal(amount)))
    case Line("-", ware, amount) => Success(Out(ware, BigDecimal(amount)))
    case other                   => Failure(new IllegalArgumentException(s"can't read $other"))
  }

  implicit val byWare: Ordering[Movement] = Ordering.by(_.ware)
}

class Stock(initial: Map[String, BigDecimal] = Map.empty) {
  type Listener = Movement => Unit

  private val amounts = mutable.Map.from(initial)
  private var listeners = List.empty[Listener]

  def listen(listener: Listener): this.type = {
    listeners ::= listener
    this
  }

  /** Books a movement; a stock never goes under zero. */
  @throws[IllegalStateException]
  def book(movement: Movement): BigDecimal = {
    def check(left: BigDecimal): BigDecimal =
      if (left < 0) throw new IllegalStateException(s"only ${amounts(movement.ware)} left")
      else left

    val before = amounts.getOrElse(movement.ware, BigDecimal(0))
    val after = movement match {
      case In(_, amount)     => before + amount
      case Out(_, amount, _) => check(before - amount)
    }
    amounts(movement.ware) = after
    listeners.foreach(_(movement))
    after
  }

  def total: BigDecimal = amounts.values.sum
}

object Main extends App {
  val stock = new Stock()
  val movements = args.toList.map(Movement.parse)
  movements.collect { case Success(movement) => stock.book(movement) }
  println(s"Summe: ${stock.total} ✓")
}
